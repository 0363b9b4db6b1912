/** `isosops types`, and TypeScript with what it writes. */
import { describe, expect, it } from "vitest";
import { makeProject, missing, toolPath } from "./harness.js";
import { encrypted, marker, plaintext } from "./secrets.js";

const files = {
  "secrets.enc.yaml": await encrypted(
    "yaml",
    `${plaintext}mixed: [1, a, {b: c}]\nempty: {}\nnone: []\nhuge: [9007199254740993]\nkey_unencrypted: plain\nif: word\n`,
  ),
  "app.enc.json": await encrypted("json", `{ "token": "${marker}", "count": 3, "rate": 1.5 }`),
  "app.enc.env": await encrypted("dotenv", `API_KEY=${marker}\n`),
  "app.enc.ini": await encrypted("ini", `[main]\nkey = ${marker}\n`),
  "certificate.enc.pem": await encrypted("binary", marker),
};

const tsconfig = (more: object) =>
  JSON.stringify({
    compilerOptions: {
      strict: true,
      noEmit: true,
      types: [],
      target: "es2022",
      module: "esnext",
      moduleResolution: "bundler",
      ...more,
    },
    include: ["*.ts"],
  });

/** Each line compiles. */
const main = `
import secrets, { data, database, if as word } from "./secrets.enc.yaml";
import app, { token } from "./app.enc.json";
import { API_KEY } from "./app.enc.env";
import { main } from "./app.enc.ini";
import { data as certificate } from "./certificate.enc.pem";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <A, B>(same: Same<A, B>): boolean => same;
is<typeof database.password, string>(true);
is<typeof database.port, number>(true);
is<typeof database.ratio, number>(true);
is<typeof database.tls, boolean>(true);
is<typeof database.serial, bigint>(true);
is<typeof database.hosts, string[]>(true);
is<typeof database.since, Date>(true);
is<typeof database.note, null>(true);
is<typeof data, string>(true);
is<(typeof secrets)["pass-word"], string>(true);
is<typeof secrets.mixed, (number | string | { b: string })[]>(true);
is<typeof secrets.none, never[]>(true);
is<typeof secrets.huge, (number | bigint)[]>(true);
is<typeof secrets.key_unencrypted, string>(true);
is<typeof word, string>(true);
is<typeof app, { token: string; count: number; rate: number }>(true);
is<typeof token, string>(true);
is<typeof API_KEY, string>(true);
is<typeof main.key, string>(true);
is<typeof certificate, string | Uint8Array>(true);
`;

/** Each line is an error. */
const wrong = [
  `import { nothing } from "./secrets.enc.yaml";`,
  `import { database } from "./secrets.enc.yaml"; database.pasword;`,
  `import { database } from "./secrets.enc.yaml"; const port: string = database.port;`,
];

const names = Object.keys(files);

describe.each(["typescript-5.4", "typescript-7"])("%s", (typescript) => {
  it.skipIf(missing(typescript))("compiles imports of encrypted files with the types of `isosops types`", async () => {
    const project = makeProject({
      ...files,
      "main.ts": main,
      ...Object.fromEntries(wrong.map((line, index) => [`wrong${index}.ts`, line])),
      "tsconfig.json": tsconfig({ allowArbitraryExtensions: true }),
    });
    const written = await project.run("isosops", ["types", ...names], { env: { HOME: project.path } });
    expect(written).toMatchObject({ exit: 0, stdout: "" });
    for (const name of project.list(".").filter((name) => name.endsWith(".ts"))) {
      expect(project.read(name)).not.toContain(marker);
    }

    const { stdout } = await project.run("node", [toolPath(`${typescript}/bin/tsc`), "--pretty", "false"]);
    const errors = [...stdout.matchAll(/^(\w+\.ts)\(.*?error (TS\d+)/gm)].map(([, file, code]) => `${file} ${code}`);
    expect(errors.sort(), stdout).toEqual(["wrong0.ts TS2614", "wrong1.ts TS2551", "wrong2.ts TS2322"]);
  });
});

it("tells which types are out of date", async () => {
  const project = makeProject(files);
  const run = (...args: string[]) => project.run("isosops", ["types", ...args], { env: { HOME: project.path } });
  const first = await run("--check", ...names);
  expect(first).toMatchObject({ exit: 10, stdout: "" });
  expect(first.stderr.match(/not the types of/g)).toHaveLength(names.length);
  expect(project.list(".").filter((name) => name.endsWith(".ts"))).toEqual([]);

  expect(await run(...names)).toMatchObject({ exit: 0 });
  expect(await run("--check", ...names)).toEqual({ exit: 0, stdout: "", stderr: "" });
  expect((await run("--print", "app.enc.json")).stdout).toBe(project.read("app.enc.d.json.ts"));
});

it("refuses a file that is not encrypted", async () => {
  const project = makeProject({ "plain.yaml": `password: ${marker}\n`, "notes.txt": marker });
  for (const name of ["plain.yaml", "notes.txt"]) {
    const { exit, stdout, stderr } = await project.run("isosops", ["types", name]);
    expect([exit, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`${name} is not encrypted`);
    expect(stderr).not.toContain(marker);
  }
  expect(project.list(".").filter((name) => name.endsWith(".ts"))).toEqual([]);
});

const bundlers = ["vite", "rollup", "webpack", "@rspack/core", "esbuild", "next"];

it.skipIf(missing("typescript-7", ...bundlers))(
  "the plug-ins are those that the settings of bundlers take",
  async () => {
    const project = makeProject({
      "settings.ts": `
import rspack from "@isosops/node/rspack";
import esbuild from "@isosops/node/esbuild";
import next from "@isosops/node/next";
import rollup from "@isosops/node/rollup";
import vite from "@isosops/node/vite";
import webpack from "@isosops/node/webpack";
import type { Configuration as RspackSettings } from "@rspack/core";
import type { BuildOptions } from "esbuild";
import type { NextConfig } from "next";
import type { RollupOptions } from "rollup";
import { defineConfig } from "vite";
import type { Configuration } from "webpack";

defineConfig({ plugins: [vite({ inline: true, types: true })] });
({ plugins: [rollup({ consumer: "server" })] }) satisfies RollupOptions;
({ plugins: [webpack()] }) satisfies Configuration;
({ plugins: [rspack()] }) satisfies RspackSettings;
({ plugins: [esbuild()] }) satisfies BuildOptions;
next({ reactStrictMode: true }) satisfies NextConfig;
// @ts-expect-error No option.
vite({ consumer: "server" });
// @ts-expect-error No value.
esbuild({ consumer: "browser" });
`,
      "tsconfig.json": tsconfig({ skipLibCheck: true, exactOptionalPropertyTypes: true }),
    });
    const { exit, stdout } = await project.run("node", [toolPath("typescript-7/bin/tsc"), "--pretty", "false"]);
    expect(stdout).toBe("");
    expect(exit).toBe(0);
  },
);
