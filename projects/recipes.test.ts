/** The recipes of the documentation for bundlers and clouds, from what stands on their pages. */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { filesOf } from "../docs/blocks.js";
import { makeProject, missing, type Project } from "./harness.js";
import { encrypted, filesWith, identity, marker, withKey } from "./secrets.js";

const secrets = await encrypted("yaml", `database:\n  user: ${marker}\n`);

const readPage = (name: string) => readFileSync(new URL(`../docs/recipes/${name}.md`, import.meta.url), "utf8");

function recipe(name: string, more: Record<string, string> = {}): Project {
  return makeProject({ ...filesOf(readPage(name)), "secrets.enc.yaml": secrets, ...more });
}

const built = { exit: 0 };

it.skipIf(missing("vite"))("Vite", async () => {
  const project = recipe("vite");
  expect(await project.run("vite", ["build", "--ssr", "src/server.js"])).toMatchObject(built);
  expect(filesWith(project, marker)).toEqual([]);
  expect(await project.run("node", ["dist/server.js"], withKey)).toEqual({
    exit: 0,
    stdout: `${marker}\n`,
    stderr: "",
  });
});

it.skipIf(missing("astro"))("Astro", async () => {
  const env = { env: { ...withKey.env, ASTRO_TELEMETRY_DISABLED: "1" } };
  const load = `import { database } from "../../secrets.enc.yaml";`;
  const project = recipe("vite", { "src/pages/index.astro": `---\n${load}\n---\n<p>{database.user.length}</p>\n` });
  const page = await project.run("astro", ["build"], env);
  expect(page, page.stderr).toMatchObject(built);
  expect(project.read("dist/index.html")).toContain(`<p>${marker.length}</p>`);
  expect(filesWith(project, marker)).toEqual([]);

  const script = `<script>${load} console.log(database.user);</script>`;
  const client = recipe("vite", { "src/pages/index.astro": script });
  const { exit, stdout, stderr } = await client.run("astro", ["build"], env);
  expect(exit).toBe(1);
  expect(`${stdout}${stderr}`).toContain("src/pages/index.astro\n    imports secrets.enc.yaml\n");
  expect(filesWith(client, marker)).toEqual([]);
});

it.skipIf(missing("esbuild"))("AWS Lambda, whose function has nothing but the bundle", async () => {
  const project = recipe("lambda");
  expect(await project.run("node", ["build.js"])).toMatchObject(built);
  expect(filesWith(project, marker)).toEqual([]);

  // As the runtime of Lambda does: import the module, call its handler for each event.
  const task = makeProject({
    "runtime.mjs": `
const { handler } = await import("./handler.mjs");
for (const event of [{}, {}]) console.log(JSON.stringify(await handler(event, {})));
`,
  });
  copyFileSync(join(project.path, "dist/handler.mjs"), join(task.path, "handler.mjs"));
  mkdirSync(join(task.path, "node_modules"));
  const answer = `{"statusCode":200,"body":"${marker}"}\n`;
  for (const node of ["20.19", "22", "24"] as const) {
    expect(await task.run("node", ["runtime.mjs"], { ...withKey, node })).toEqual({
      exit: 0,
      stdout: answer.repeat(2),
      stderr: "",
    });
  }
  // Nothing is read but the task's own folder.
  const args = ["--permission", `--allow-fs-read=${task.path}/`, "runtime.mjs"];
  expect(await task.run("node", args, withKey)).toMatchObject({ exit: 0, stdout: answer.repeat(2) });
  const other = await task.run("node", ["runtime.mjs"], { env: { HOME: task.path } });
  expect(other.exit).toBe(1);
  expect(other.stderr).toContain("SOPS_AGE_KEY (not set)");
});

it.skipIf(missing("wrangler"))("Cloudflare Workers", async () => {
  const project = recipe("workers", { ".dev.vars": `SOPS_AGE_KEY=${identity}\n` });
  const env = { env: { HOME: project.path, WRANGLER_SEND_METRICS: "false" } };
  expect(await project.run("wrangler", ["deploy", "--dry-run", "--outdir", "dist"], env)).toMatchObject(built);
  expect(filesWith(project, marker)).toEqual([]);
  expect(filesWith(project, identity)).toEqual([".dev.vars"]);
  const server = project.start("wrangler", ["dev", "--port", "0", "--ip", "127.0.0.1"], env);
  const [, url] = await server.printed(/Ready on (http:\/\/[\d.:]+)/);
  expect(await (await fetch(url!)).text()).toBe(marker);
  await server.stop();
});

it.skipIf(missing("wrangler", "esbuild"))("Cloudflare Workers with the plug-in for esbuild", async () => {
  const project = makeProject({
    "secrets.enc.yaml": secrets,
    ".dev.vars": `SOPS_AGE_KEY=${identity}\n`,
    "wrangler.json": `{ "name": "shop", "main": "dist/index.js", "compatibility_date": "2026-11-01", "no_bundle": true }`,
    "src/index.js": `
import { database } from "../secrets.enc.yaml";
export default { fetch: () => new Response(database.user) };
`,
    "build.js": `
import { build } from "esbuild";
import isosops from "@isosops/node/esbuild";
await build({
  entryPoints: ["src/index.js"], bundle: true, minify: true, format: "esm", outdir: "dist",
  conditions: ["workerd", "worker", "browser"], external: ["cloudflare:*"], plugins: [isosops({ consumer: "server" })],
});
`,
  });
  expect(await project.run("node", ["build.js"])).toMatchObject(built);
  expect(filesWith(project, marker)).toEqual([]);
  const env = { env: { HOME: project.path, WRANGLER_SEND_METRICS: "false" } };
  const server = project.start("wrangler", ["dev", "--port", "0", "--ip", "127.0.0.1"], env);
  const [, url] = await server.printed(/Ready on (http:\/\/[\d.:]+)/);
  expect(await (await fetch(url!)).text()).toBe(marker);
  await server.stop();
});

it.skipIf(missing("next", "react", "react-dom"))("Next.js", async () => {
  const layout = "export default ({ children }) => <html><body>{children}</body></html>;";
  // Here, Next.js itself is not below the folder with the nearest lockfile.
  const root = JSON.stringify({ turbopack: { root: inject("toolsFolder") } });
  const config = filesOf(readPage("next"))["next.config.mjs"]!.replace("isosops({})", `isosops(${root})`);
  const project = recipe("next", { "app/layout.js": layout, "next.config.mjs": config });
  const env = { NEXT_TELEMETRY_DISABLED: "1", HOME: join(project.path, "home") };
  const build = await project.run("next", ["build"], { env, timeout: 240_000 });
  expect(build, build.stderr).toMatchObject(built);
  expect(filesWith(project, marker)).toEqual([]);

  const args = ["start", "--port", "0", "--hostname", "127.0.0.1"];
  const server = project.start("next", args, { env: { ...env, ...withKey.env } });
  const [url] = await server.printed(/http:\/\/127\.0\.0\.1:\d+/);
  await server.printed(/Ready/);
  const page = await (await fetch(url)).text();
  expect(page.replaceAll("<!-- -->", "")).toContain(`Connected as ${marker}`);
  await server.stop();

  const client = recipe("next", {
    "next.config.mjs": config,
    "app/layout.js": layout,
    "app/page.js": `"use client"; import { title } from "../title.js"; export default () => <p>{title}</p>;`,
    "title.js": `import { database } from "./secrets.enc.yaml"; export const title = database.user;`,
  });
  const refused = await client.run("next", ["build"], { env: { ...env, ...withKey.env }, timeout: 240_000 });
  expect(refused.exit).toBe(1);
  const output = `${refused.stdout}${refused.stderr}`;
  expect(output).toContain("secrets.enc.yaml is encrypted, and is imported by code for browsers");
  expect(output).not.toContain(marker);
  expect(filesWith(client, marker)).toEqual([]);
});

it.skipIf(missing("varlock"))("varlock, with the command", async () => {
  const project = recipe("varlock");
  const env = { env: { ...withKey.env, HOME: project.path } };
  const print = ["-e", "console.log(process.env.DB_USER.toUpperCase())"];
  const outcome = await project.run("varlock", ["run", "--", "node", ...print], env);
  expect(outcome, outcome.stderr).toMatchObject({ exit: 0, stdout: expect.stringContaining(marker.toUpperCase()) });
  expect(filesWith(project, marker)).toEqual([]);
});
