/**
 * The jobs of docs/jobs.md: the code of each tool, as it stands on the page, does the job in the real tools, has as many lines as the table
 * says, and ours is never the longer one. What the table calls impossible is tried, too.
 */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { encrypt, formatForPath, generateIdentity } from "isosops";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { filesOf } from "../docs/blocks.js";
import { type Account, noAccount, openAccount } from "../packages/keys/test/aws-account.js";
import { makeProject, missing, type Project, toolPath } from "./harness.js";

type Tool = "isosops" | "sops-age" | "dotenvx";
const tools: readonly Tool[] = ["isosops", "sops-age", "dotenvx"];

interface Job {
  /** What a project has without secrets. */
  readonly shared: Record<string, string>;
  /** What a tool needs in addition; nothing for a tool that cannot do the job. */
  readonly files: Record<Tool, Record<string, string>>;
  readonly text: string;
}

const readPage = (name: string) => readFileSync(new URL(`../docs/${name}.md`, import.meta.url), "utf8");
const [head, ...sections] = readPage("jobs").split(/^## /m);
const jobs = new Map(sections.map((text) => [text.slice(0, text.indexOf("\n")), jobOf(text)]));

function jobOf(text: string): Job {
  const job: Job = { shared: {}, files: { isosops: {}, "sops-age": {}, dotenvx: {} }, text };
  for (const [path, content] of Object.entries(filesOf(text))) {
    const tool = tools.find((name) => path.startsWith(`${name}/`));
    if (tool === undefined) job.shared[path] = content;
    else job.files[tool][path.slice(tool.length + 1)] = content;
  }
  return job;
}

/** As the page counts: no blank lines, no comments, no lines of closing brackets alone. */
function linesOf(files: Record<string, string>): number {
  const lines = Object.values(files).flatMap((text) => text.split("\n").map((line) => line.trim()));
  return lines.filter((line) => line !== "" && !/^(?:\/\/|#)/.test(line) && !/^[)\]}]+[;,]?$/.test(line)).length;
}

const token = "hunter2";
const ours = await generateIdentity();
const keys: Record<Tool, Record<string, string>> = {
  isosops: { SOPS_AGE_KEY: ours.identity },
  "sops-age": { SOPS_AGE_KEY: ours.identity },
  dotenvx: {},
};
const sopsFiles = { ".env": `API_TOKEN=${token}\n`, "secrets.enc.yaml": `database:\n  user: ${token}\n` };
const secrets: Record<Tool, Record<string, string>> = { isosops: {}, "sops-age": {}, dotenvx: {} };

beforeAll(async () => {
  for (const [name, text] of Object.entries(sopsFiles)) {
    const { text: locked } = await encrypt(text, { format: formatForPath(name), recipients: [ours.recipient] });
    secrets.isosops[name] = secrets["sops-age"][name] = locked;
  }
  if (missing("@dotenvx/dotenvx")) return;
  const project = makeProject({ ".env": sopsFiles[".env"] });
  await project.run("dotenvx", ["encrypt"], { env: offline(project) });
  secrets.dotenvx[".env"] = project.read(".env");
  keys.dotenvx.DOTENV_PRIVATE_KEY = /^DOTENV_PRIVATE_KEY=(\w+)$/m.exec(project.read(".env.keys"))![1]!;
});

/** Neither keys of the machine, nor services of dotenvx. */
function offline(project: Project): Record<string, string> {
  return { HOME: project.path, DOTENVX_NO_ARMOR: "1", DOTENVX_NO_NATIVE: "true" };
}

/** A project of a job: what a tool adds to a file of the project is on top of it. */
function projectFor(title: string, tool: Tool, more: Record<string, string> = {}): Project {
  const { shared, files } = jobs.get(title)!;
  const project = makeProject({ ...shared, ...secrets[tool], ...more });
  for (const [name, text] of Object.entries(files[tool])) project.write(name, text + (shared[name] ?? ""));
  return project;
}

/** What is typed: the commands of the page, or else the usual one, with main.js where a tool needs that. */
function commandFor(title: string, tool: Tool, usual: readonly string[]): [string, string[]] {
  const names = Object.keys(jobs.get(title)!.files[tool]);
  if (names.includes("run.sh")) return ["sh", ["run.sh"]];
  const main = names.find((name) => name.startsWith("main."));
  const [command, ...args] = usual.map((word) => (main !== undefined && word.startsWith("app.") ? main : word));
  return [command!, args];
}

/** Those that can do the job by the page. */
const toolsOf = (title: string) => tools.filter((tool) => linesOf(jobs.get(title)!.files[tool]) > 0);
const packageOf = (tool: Tool) => (tool === "dotenvx" ? ["@dotenvx/dotenvx"] : tool === "sops-age" ? ["sops-age"] : []);

describe("the table", () => {
  const rows = [...head!.matchAll(/^\| \[(.+)\]\((#.+)\) \| (.+) \| (.+) \| (.+) \|$/gm)];

  it("has the jobs of the page, in their order", () => {
    expect(rows.map(([, title]) => title)).toEqual([...jobs.keys()]);
    expect(rows.length).toBeGreaterThan(15);
  });

  it.each(rows.map(([, title, , ...cells]) => [title!, cells] as const))("%s", (title, cells) => {
    const { files, text } = jobs.get(title)!;
    const counts = tools.map((tool) => linesOf(files[tool]));
    expect(cells.map((cell) => (/^\d+$/.test(cell) ? Number(cell) : 0))).toEqual(counts);
    const [own, ...others] = counts.map((count) => count || Number.POSITIVE_INFINITY);
    expect(own).toBeLessThanOrEqual(Math.min(...others));
    for (const [at, cell] of cells.entries()) if (cell === "not possible") expect(text).toMatch(`${tools[at]}`);
  });
});

const programs: Record<string, string[]> = {
  Node: ["node", "app.js"],
  CommonJS: ["node", "app.cjs"],
  "Any program": ["sh", "app.sh"],
  Deno: ["deno", "run", "--allow-all", "app.js"],
  Bun: ["bun", "app.js"],
  "One value": ["node", "one.js"],
  "One value, in a shell": [],
};

describe.each(Object.entries(programs))("%s", (title, usual) => {
  it.each(toolsOf(title))("%s", async (tool) => {
    const runtime = usual.filter((word) => word === "deno" || word === "bun");
    if (missing(...packageOf(tool), ...runtime)) return;
    // Deno takes npm packages of the project alone.
    const dependencies = { "@isosops/node": "*" };
    const project = projectFor(title, tool, { "package.json": JSON.stringify({ type: "module", dependencies }) });
    const env = { ...offline(project), ...keys[tool] };
    const { exit, stdout, stderr } = await project.run(...commandFor(title, tool, usual), { env });
    expect({ exit, stdout: stdout.trim() }, stderr).toEqual({ exit: 0, stdout: token });
  });
});

describe("Vite", () => {
  it.skipIf(missing("vite")).each(toolsOf("Vite"))("%s", async (tool) => {
    if (missing(...packageOf(tool))) return;
    const project = projectFor("Vite", tool);
    const build = await project.run("vite", ["build", "--ssr", "src/server.js"], { env: offline(project) });
    expect(build, build.stderr).toMatchObject({ exit: 0 });
    const env = { ...offline(project), ...keys[tool] };
    expect((await project.run("node", ["dist/server.js"], { env })).stdout).toBe(`${token}\n`);
  });
});

describe("Next.js", () => {
  const title = "Next.js";

  it.skipIf(missing("next", "react", "react-dom"))("all, with one build", async () => {
    const { shared, files } = jobs.get(title)!;
    // Here, Next.js itself is not below the folder with the nearest lockfile.
    const root = JSON.stringify({ turbopack: { root: inject("toolsFolder") } });
    const config = shared["next.config.mjs"]!.replace("{}", root);
    const layout = "export default ({ children }) => <html><body>{children}</body></html>;";
    const project = makeProject({ ...shared, "app/layout.js": layout, "next.config.mjs": config });
    const env = { ...offline(project), PORT: "0", HOSTNAME: "127.0.0.1" };
    const build = await project.run("next", ["build"], { env, timeout: 240_000 });
    expect(build, build.stderr).toMatchObject({ exit: 0 });
    for (const tool of toolsOf(title)) {
      if (missing(...packageOf(tool))) continue;
      const added = { "next.config.mjs": "", ...files[tool] };
      for (const [name, text] of Object.entries(secrets[tool])) project.write(name, text);
      for (const [name, text] of Object.entries(added))
        project.write(name, name === "next.config.mjs" ? text + config : text);
      const server = project.start(...commandFor(title, tool, ["next", "start"]), { env: { ...env, ...keys[tool] } });
      const [, port] = await server.printed(/http:\/\/[\w.]+:(\d+)/);
      await server.printed(/Ready/);
      expect(await (await fetch(`http://127.0.0.1:${port}`)).text(), tool).toContain(`<p>${token}</p>`);
      await server.stop();
    }
  });
});

describe.each(["vitest", "jest"])("%s", (runner) => {
  const title = runner === "jest" ? "Jest" : "Vitest";

  it.skipIf(missing(runner)).each(toolsOf(title))("%s", async (tool) => {
    if (missing(...packageOf(tool))) return;
    const project = projectFor(title, tool);
    const env = { ...offline(project), ...keys[tool] };
    const { exit, stdout, stderr } = await project.run(runner, runner === "jest" ? [] : ["run"], { env });
    expect(exit, stdout + stderr).toBe(0);
    expect(stdout + stderr).toMatch(/Tests:? +1 passed/);
  });
});

describe("Cloudflare Workers", () => {
  const title = "Cloudflare Workers";
  const dev = ["dev", "--port", "0", "--ip", "127.0.0.1"];

  it.skipIf(missing("wrangler")).each(toolsOf(title))("%s", async (tool) => {
    if (missing(...packageOf(tool))) return;
    const project = projectFor(title, tool, { ".dev.vars": `SOPS_AGE_KEY=${ours.identity}\n`, ".env": "" });
    const server = project.start("wrangler", dev, { env: offline(project) });
    const [, url] = await server.printed(/Ready on (http:\/\/[\d.:]+)/);
    expect(await (await fetch(url!)).text()).toBe(token);
    await server.stop();
  });

  it.skipIf(missing("wrangler", "@dotenvx/dotenvx"))(
    "dotenvx does not start, with the recipe of its README",
    async () => {
      const project = makeProject({
        ...jobs.get(title)!.shared,
        ".env.txt": secrets.dotenvx[".env"]!,
        "src/index.js": `
import envSrc from '../.env.txt'
import dotenvx from '@dotenvx/dotenvx'
const config = dotenvx.config({ envs: [{ type: 'env', value: envSrc, privateKeyName: 'DOTENV_PRIVATE_KEY' }] })
const envx = config.parsed
export default { fetch: () => new Response(envx.API_TOKEN) }
`,
      });
      const flags = ["--compatibility-flags", "nodejs_compat"];
      flags.push("--var", `DOTENV_PRIVATE_KEY:${keys.dotenvx.DOTENV_PRIVATE_KEY}`);
      const server = project.start("wrangler", [...dev, ...flags], { env: offline(project) });
      await server.printed(/__dirname is not defined/);
      await server.stop();
    },
  );
});

/** As Lambda does: imports the module, and calls its handler. */
const lambda = `
const { handler } = await import("./handler.mjs");
console.log(JSON.stringify(await handler({}, {})));
`;
const answer = `{"statusCode":200,"body":"${token}"}\n`;

describe("AWS Lambda", () => {
  it.each(toolsOf("AWS Lambda"))("%s", async (tool) => {
    if (missing(...packageOf(tool))) return;
    const project = projectFor("AWS Lambda", tool, { "runtime.mjs": lambda });
    const env = { ...offline(project), ...keys[tool] };
    const { stdout, stderr } = await project.run("node", ["runtime.mjs"], { env });
    expect(stdout, stderr).toBe(answer);
  });
});

describe("An import, nested and typed", () => {
  const title = "An import, nested and typed";

  it.skipIf(missing("vite"))("isosops", async () => {
    const project = projectFor(title, "isosops", { "index.html": `<script type="module" src="client.js"></script>` });
    const env = offline(project);
    expect(await project.run("vite", ["build", "--ssr", "src/server.js"], { env })).toMatchObject({ exit: 0 });
    expect(project.read("dist/server.js")).not.toContain(token);
    const decrypted = await project.run("node", ["dist/server.js"], { env: { ...env, ...keys.isosops } });
    expect(decrypted.stdout).toBe(`${token}\n`);
    expect(await project.run("isosops", ["types", "secrets.enc.yaml"], { env })).toMatchObject({ exit: 0 });
    expect(project.read("secrets.enc.d.yaml.ts")).toMatch(/user: string/);
    project.write("client.js", project.read("src/server.js").replace("../", "./"));
    const client = await project.run("vite", ["build"], { env: { ...env, ...keys.isosops } });
    expect(client.exit).toBe(1);
    expect(client.stderr).toContain("is imported by code for browsers");
  });

  it.skipIf(missing("sops-age", "@dotenvx/dotenvx"))("the others export no plug-in", async () => {
    const exports = (name: string) =>
      Object.keys(JSON.parse(readFileSync(toolPath(`${name}/package.json`), "utf8")).exports ?? { ".": "" });
    const bundlers = /vite|rollup|webpack|esbuild|next|unplugin/;
    expect([...exports("sops-age"), ...exports("@dotenvx/dotenvx")].filter((name) => bundlers.test(name))).toEqual([]);
    const project = makeProject({
      "names.js": `import * as all from "sops-age"; console.log(Object.keys(all).join());`,
    });
    const { stdout } = await project.run("node", ["names.js"]);
    // No command, and nothing that encrypts.
    expect(stdout).toBe("decryptSops,findAllAgeKeys,sshKeyFileToAge,sshKeyToAge\n");
    expect(JSON.parse(readFileSync(toolPath("sops-age/package.json"), "utf8")).bin).toBeUndefined();
  });
});

describe("Write back", () => {
  it.each(toolsOf("Write back"))("%s", async (tool) => {
    if (missing(...packageOf(tool))) return;
    const project = projectFor("Write back", tool);
    const env = { ...offline(project), ...keys[tool] };
    expect(await project.run("node", ["write.js"], { env })).toMatchObject({ exit: 0 });
    const read = projectFor("One value", tool);
    for (const name of Object.keys(secrets[tool])) read.write(name, project.read(name));
    expect((await read.run("node", ["one.js"], { env })).stdout).toBe("hunter3\n");
  });
});

describe("Several recipients, who come and go", async () => {
  const people = { ANN: await generateIdentity(), BOB: await generateIdentity(), CAROL: await generateIdentity() };
  const recipients = Object.fromEntries(Object.entries(people).map(([name, { recipient }]) => [name, recipient]));

  it("isosops", async () => {
    const project = projectFor("Several recipients", "isosops");
    const env = { ...offline(project), ...recipients };
    const readers = async () => {
      const names: string[] = [];
      for (const [name, { identity }] of Object.entries(people)) {
        const withKey = { env: { ...env, SOPS_AGE_KEY: identity } };
        const { exit, stdout } = await project.run("isosops", ["decrypt", "token.yaml"], withKey);
        if (exit === 0 && stdout === `token: ${token}\n`) names.push(name);
      }
      return names;
    };
    expect(await project.run("node", ["share.js"], { env })).toMatchObject({ exit: 0 });
    expect(project.read("token.yaml")).not.toContain(token);
    expect(await readers()).toEqual(["ANN", "BOB"]);
    const wrapped = /^.*ENC\[.*$/m.exec(project.read("token.yaml"))![0];

    project.write("run.sh", jobs.get("Add and remove a recipient")!.files.isosops["run.sh"]!);
    const rotated = await project.run("sh", ["run.sh"], { env: { ...env, SOPS_AGE_KEY: people.ANN.identity } });
    expect(rotated, rotated.stderr).toMatchObject({ exit: 0 });
    expect(await readers()).toEqual(["ANN", "CAROL"]);
    expect(project.read("token.yaml")).not.toContain(wrapped);
  });

  it.skipIf(missing("@dotenvx/dotenvx"))("dotenvx takes no second key", async () => {
    const project = makeProject({ ".env": secrets.dotenvx[".env"]! });
    const other = makeProject({ ".env": "A=1\n" });
    await other.run("dotenvx", ["encrypt"], { env: offline(other) });
    const publicKey = /DOTENV_PUBLIC_KEY="(\w+)"/.exec(other.read(".env"))![1]!;
    const { exit, stdout, stderr } = await project.run("dotenvx", ["encrypt", "--with", publicKey], {
      env: { ...offline(project), ...keys.dotenvx },
    });
    expect(exit).toBe(1);
    expect(stdout + stderr).toContain("ALREADY_ENCRYPTED");
  });
});

describe("The wrong key", async () => {
  const title = "The wrong key";
  const { identity } = await generateIdentity();
  const wrong: Record<string, string> = { SOPS_AGE_KEY: identity, DOTENV_PRIVATE_KEY: "7".repeat(64) };

  it.each(toolsOf(title))("%s", async (tool) => {
    if (missing(...packageOf(tool))) return;
    const project = projectFor(title, tool);
    const command = commandFor(title, tool, ["node", "app.js"]);
    const { exit, stdout, stderr } = await project.run(...command, { env: { ...offline(project), ...wrong } });
    expect(exit, stderr).toBe(1);
    expect(stdout).not.toMatch(/ENC\[|encrypted:|hunter/);
    if (tool !== "isosops") return;
    const shown = /^```\n(SopsError: .*)\n```$/m.exec(jobs.get(title)!.text)![1]!;
    const pattern = shown.split("...").map((part) => part.replace(/[.()]/g, "\\$&"));
    expect(stderr).toMatch(new RegExp(`^${pattern.join(".*")}$`, "m"));
  });

  it.skipIf(missing("@dotenvx/dotenvx"))("dotenvx without --strict starts the program", async () => {
    const project = projectFor("Node", "dotenvx");
    const { exit, stdout } = await project.run("node", ["app.js"], { env: { ...offline(project), ...wrong } });
    expect({ exit, stdout: stdout.slice(0, 10) }).toEqual({ exit: 0, stdout: "encrypted:" });
  });
});

describe.skipIf(noAccount !== undefined)("A key of AWS KMS", () => {
  const title = "A key of AWS KMS";
  let account: Account;
  let locked: Record<string, string>;
  const env = (project: Project) => ({
    ...offline(project),
    AWS_ENDPOINT_URL: account.url,
    // The temporary credentials of a role, as Lambda gives them.
    AWS_ACCESS_KEY_ID: account.session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: account.session.secretAccessKey,
    AWS_SESSION_TOKEN: account.session.sessionToken,
  });

  beforeAll(async () => {
    account = await openAccount();
    const project = makeProject(sopsFiles);
    for (const name of Object.keys(sopsFiles)) {
      const args = ["encrypt", "--kms", account.key, "-i", name];
      const outcome = await project.run("isosops", args, { env: env(project) });
      expect(outcome, outcome.stderr).toMatchObject({ exit: 0 });
    }
    locked = Object.fromEntries(Object.keys(sopsFiles).map((name) => [name, project.read(name)]));
  });
  afterAll(() => account?.stop());

  it("isosops", async () => {
    const project = projectFor(title, "isosops", locked);
    const { stdout, stderr } = await project.run("node", ["app.js"], { env: env(project) });
    expect(stdout, stderr).toBe(`${token}\n`);
    const stranger = { AWS_ACCESS_KEY_ID: account.stranger.accessKeyId, AWS_SESSION_TOKEN: "" };
    const secret = { AWS_SECRET_ACCESS_KEY: account.stranger.secretAccessKey };
    const refused = await project.run("node", ["app.js"], { env: { ...env(project), ...stranger, ...secret } });
    expect(refused).toMatchObject({ exit: 1, stdout: "" });
    expect(refused.stderr).toContain("kms:Decrypt");
  });

  it("in a function of AWS Lambda", async () => {
    const project = projectFor("AWS Lambda", "isosops", { ...locked, "runtime.mjs": lambda });
    const { stdout, stderr } = await project.run("node", ["runtime.mjs"], { env: env(project) });
    expect(stdout, stderr).toBe(answer);
  });

  it.skipIf(missing("esbuild"))("in a function of AWS Lambda that has nothing but the bundle", async () => {
    const project = makeProject({ ...filesOf(readPage("recipes/lambda")), ...locked });
    const build = await project.run("node", ["build.js"], { env: offline(project) });
    expect(build, build.stderr).toMatchObject({ exit: 0 });
    const task = makeProject({ "runtime.mjs": lambda });
    copyFileSync(join(project.path, "dist/handler.mjs"), join(task.path, "handler.mjs"));
    mkdirSync(join(task.path, "node_modules"));
    const { stdout, stderr } = await task.run("node", ["runtime.mjs"], { env: env(task) });
    expect(stdout, stderr).toBe(answer);
  });

  it.skipIf(missing("sops-age"))("sops-age throws", async () => {
    const project = projectFor("Node", "sops-age", locked);
    for (const [name, text] of Object.entries(locked)) project.write(name, text);
    const variables = { ...env(project), ...keys["sops-age"] };
    const { exit, stdout, stderr } = await project.run("node", ["main.js"], { env: variables });
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: "" });
    expect(stderr).toMatch(/No matching recipient found/);
  });

  it.skipIf(missing("@dotenvx/dotenvx"))("dotenvx leaves the ciphertext", async () => {
    const project = projectFor("Node", "dotenvx", locked);
    const { stdout } = await project.run("node", ["app.js"], { env: { ...env(project), ...keys.dotenvx } });
    expect(stdout).toMatch(/^ENC\[/);
  });
});
