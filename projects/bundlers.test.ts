/** The plug-ins for bundlers, in the bundlers. */
import { beforeAll, describe, expect, it } from "vitest";
import { makeProject, missing, type Project } from "./harness.js";
import { encrypted, filesWith, identity, marker, plaintext, print, printed, withKey } from "./secrets.js";

interface Bundler {
  readonly name: string;
  readonly tool: string;
  /** A module that builds `ENTRY` into `dist`; its process ends with an error if the build does. */
  readonly build: string;
  /** Settings for a server, and for browsers. */
  readonly server: string;
  readonly client: string;
  /** The file of `dist` to run. */
  readonly output: string;
  /** A cache on the disk, if the bundler has one. */
  readonly cache?: string;
}

const webpackLike = (name: string, load: string) => ({
  name,
  build: `
${load}
import isosops from "@isosops/node/${name}";
const compiler = bundle({
  mode: "production", optimization: { minimize: false }, devtool: "source-map", entry: ENTRY, plugins: [isosops(OPTIONS)], ...SETTINGS,
});
compiler.run((error, stats) => compiler.close(() => {
  if (error || stats.hasErrors()) {
    console.error(error?.message ?? stats.toString({ all: false, errors: true }));
    process.exitCode = 1;
  }
}));
`,
  server: `{
    target: "node20", experiments: { outputModule: true },
    output: { path: import.meta.dirname + "/dist", filename: "main.mjs", module: true, chunkFormat: "module", library: { type: "module" } },
  }`,
  client: `{ target: "web", output: { path: import.meta.dirname + "/dist" } }`,
  output: "dist/main.mjs",
});

const rollupLike = (name: string, load: string) => ({
  name,
  build: `
${load}
import isosops from "@isosops/node/rollup";
const bundle = await build({
  input: ENTRY, external: /^@?isosops/, plugins: [isosops({ ...OPTIONS, ...SETTINGS.plugin })], ...SETTINGS.input,
});
await bundle.write({ dir: "dist", format: "es", sourcemap: true });
`,
  output: "dist/server.js",
});

const bundlers: Bundler[] = [
  {
    tool: "rollup",
    ...rollupLike("rollup", `import { rollup as build } from "rollup";`),
    // Rollup itself takes no JSON.
    server: `{ plugin: { consumer: "server" }, input: { plugins: [isosops({ ...OPTIONS, consumer: "server" }), {
      name: "json", transform: (code, id) => id.endsWith("settings.json") ? { code: "export default " + code, map: null } : undefined,
    }] } }`,
    client: "{}",
  },
  {
    tool: "vite",
    ...rollupLike("rolldown", `import { rolldown as build } from "rolldown";`),
    server: `{ input: { platform: "node" } }`,
    client: `{ input: { platform: "browser" } }`,
  },
  {
    tool: "webpack",
    ...webpackLike("webpack", `import bundle from "webpack";`),
    cache: `{ cache: { type: "filesystem", cacheDirectory: import.meta.dirname + "/cache" } }`,
  },
  {
    tool: "@rspack/core",
    ...webpackLike("rspack", `import { rspack as bundle } from "@rspack/core";`),
    cache: `{ cache: { type: "persistent", storage: { type: "filesystem", directory: import.meta.dirname + "/cache" } } }`,
  },
  {
    name: "esbuild",
    tool: "esbuild",
    build: `
import { build } from "esbuild";
import isosops from "@isosops/node/esbuild";
await build({
  entryPoints: [ENTRY], bundle: true, outdir: "dist", sourcemap: true, plugins: [isosops(OPTIONS)], ...SETTINGS,
}).catch(() => { process.exitCode = 1; });
`,
    server: `{ platform: "node", format: "esm" }`,
    client: "{}",
    output: "dist/server.js",
  },
];

const files = {
  "src/server.js": `
import secrets, { data, database } from "../config/secrets.enc.yaml";
import settings from "../config/settings.json";
import { token } from "../config/app.json";
import ini from "../config/app.ini";
import { API_KEY } from "../config/app.env";
import { data as certificate } from "../config/certificate.pem?sops";
import { title } from "../config/app.toml";
console.log(${print});
console.log([database.user, data, settings.url, token, ini.main.key, API_KEY, certificate, title].join(" "));
`,
  // A plain file, which is not ours.
  "config/settings.json": `{ "url": "https://example.com" }`,
  "src/client.js": `import { title } from "./page/title.js"; document.title = title;`,
  "src/page/title.js": `import { database } from "../../config/secrets.enc.yaml"; export const title = database.user;`,
};

let sealed: Record<string, string>;
beforeAll(async () => {
  sealed = {
    "config/secrets.enc.yaml": await encrypted("yaml", plaintext),
    "config/app.json": await encrypted("json", `{ "token": "${marker}-json" }`),
    "config/app.ini": await encrypted("ini", `[main]\nkey = ${marker}-ini\n`),
    "config/app.env": await encrypted("dotenv", `API_KEY=${marker}-env\n`),
    "config/certificate.pem": await encrypted("binary", `${marker}-pem`),
    "config/app.toml": await encrypted("toml", `title = "${marker}-toml"\n`),
  };
});

describe.each(bundlers)("$name", (bundler) => {
  const reason = missing(bundler.tool);

  function project(consumer: "server" | "client", options = "{}", more = "{}"): Project {
    const settings = `{ ...${bundler[consumer]}, ...${more} }`;
    const build = bundler.build
      .replaceAll("SETTINGS", `(${settings})`)
      .replaceAll("ENTRY", `"./src/${consumer}.js"`)
      .replaceAll("OPTIONS", options);
    return makeProject({ ...files, ...sealed, "build.mjs": build });
  }

  const lines = [
    JSON.stringify(printed),
    `app ${marker}-three https://example.com ${marker}-json ${marker}-ini ${marker}-env ${marker}-pem ${marker}-toml`,
    "",
  ].join("\n");

  it.skipIf(reason)("embeds the encrypted files, which the server decrypts when it starts", async () => {
    const built = project("server", "{}", bundler.cache);
    expect(await built.run("node", ["build.mjs"])).toMatchObject({ exit: 0, stderr: "" });
    expect(filesWith(built, marker)).toEqual([]);
    // The same once more, from the cache.
    expect(await built.run("node", ["build.mjs"])).toMatchObject({ exit: 0, stderr: "" });
    expect(await built.run("node", [bundler.output], withKey)).toEqual({ exit: 0, stdout: lines, stderr: "" });
    const without = await built.run("node", [bundler.output], { env: { HOME: built.path } });
    expect(without).toMatchObject({ exit: 1, stdout: "" });
    expect(without.stderr).toMatch(/SopsError\]?: config\/[\w.]+: .* Looked in: .*SOPS_AGE_KEY \(not set\)/s);
  });

  it.skipIf(reason)("decrypts at build time with `inline`, and writes no plaintext but the code", async () => {
    const built = project("server", "{ inline: true }");
    expect(await built.run("node", ["build.mjs"], withKey)).toMatchObject({ exit: 0, stderr: "" });
    expect(filesWith(built, marker)).toEqual([bundler.output]);
    expect(filesWith(built, identity)).toEqual([]);
    expect(await built.run("node", [bundler.output])).toEqual({ exit: 0, stdout: lines, stderr: "" });
    const without = await project("server", "{ inline: true }").run("node", ["build.mjs"], {
      env: { HOME: built.path },
    });
    expect(without.exit).toBe(1);
    expect(without.stderr).toMatch(/config\/[\w.]+: .* Looked in: /s);
  });

  it.skipIf(reason)("ends with an error if code for browsers imports an encrypted file", async () => {
    const built = project("client", "{}", bundler.cache);
    for (const attempt of bundler.cache === undefined ? ["once"] : ["once", "from the cache"]) {
      const { exit, stdout, stderr } = await built.run("node", ["build.mjs"], withKey);
      expect(exit, attempt).toBe(1);
      const message = `${stdout}${stderr}`.replace(/^[\s│]+/gm, "");
      expect(message).toContain("config/secrets.enc.yaml is encrypted, and is imported by code for browsers");
      expect(message).toContain("src/client.js\nimports src/page/title.js\nimports config/secrets.enc.yaml\n");
      expect(message).toContain("Import it in code that runs on the server alone");
    }
    expect(filesWith(built, marker)).toEqual([]);
    expect(filesWith(built, "ENC[").filter((name) => name.startsWith("dist"))).toEqual([]);
  });

  it.skipIf(reason)("refuses a file that is plain though its name says that it is encrypted", async () => {
    const built = project("server");
    const { exit, stdout, stderr } = await makeProject({
      "build.mjs": built.read("build.mjs"),
      "src/server.js": `import secrets from "../secrets.enc.json"; console.log(secrets);`,
      "secrets.enc.json": `{ "password": "${marker}" }`,
    }).run("node", ["build.mjs"], withKey);
    expect(exit).toBe(1);
    expect(`${stdout}${stderr}`).toContain(
      "secrets.enc.json is not encrypted, and would be in the bundle in plain text.",
    );
  });

  if (bundler.cache === undefined) return;
  it.skipIf(reason)("does not write plaintext into a cache", async () => {
    const built = project("server", "{ inline: true }", bundler.cache);
    const { exit, stderr } = await built.run("node", ["build.mjs"], withKey);
    expect(exit).toBe(1);
    expect(stderr).toContain("`inline` would write the plaintext into the cache on the disk.");
    expect(filesWith(built, marker)).toEqual([]);
  });
});
