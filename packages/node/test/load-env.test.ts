/** What Vite and Next.js make of the same files in plain text, `projects/load-env.test.ts` asks them. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { encrypt, type Format, generateIdentity } from "isosops";
import { ageKind } from "isosops/age";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import { type LoadEnvOptions, loadEnv } from "../src/index.js";

const top = mkdtempSync(join(tmpdir(), "isosops-load-env-"));
afterAll(() => rmSync(top, { recursive: true }));
const { identity, recipient } = await generateIdentity();

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(top, "case-"));
  for (const name of Object.keys(process.env)) if (/^(ISO)?SOPS_/.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv("HOME", top);
  vi.stubEnv("XDG_CONFIG_HOME", top);
  vi.stubEnv("SOPS_AGE_KEY", identity);
});
afterEach(() => vi.unstubAllEnvs());

function write(name: string, text: string): string {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
  return text;
}

async function lock(name: string, text: string, format: Format = "dotenv"): Promise<string> {
  return write(name, (await encrypt(text, { format, recipients: [recipient] })).text);
}

/** The variables that are set, in an environment that has some. */
async function load(options: LoadEnvOptions = {}, env: Record<string, string | undefined> = {}) {
  await loadEnv({ folder, env, ...options });
  return env;
}

describe("loadEnv", () => {
  test("reads encrypted and plain .env files, in the order of Next.js or that of Vite", async () => {
    await lock(".env", "A=env\nB=env\nC=env\nD=env\n");
    write(".env.local", "B=local\nC=local\nD=local\n");
    await lock(".env.staging", "C=staging\nD=staging\n", "binary");
    await lock(".env.staging.local", "D=staging.local\n");
    await lock(".env.test", "C=test\n");
    const staging = { A: "env", B: "local", D: "staging.local" };
    expect(await load({ mode: "staging" })).toEqual({ ...staging, C: "local" });
    expect(await load({ mode: "staging", convention: "vite" })).toEqual({ ...staging, C: "staging" });
    expect(await load({ mode: "test" })).toEqual({ A: "env", B: "env", C: "test", D: "env" });
    vi.stubEnv("NODE_ENV", "staging");
    expect(await load()).toEqual({ ...staging, C: "local" });
    vi.stubEnv("NODE_ENV", "");
    write(".env.development", "E=development\n");
    expect(await load()).toEqual({ A: "env", B: "local", C: "local", D: "local", E: "development" });
    expect((await loadEnv({ folder, env: {}, mode: "staging" })).files).toEqual(
      [".env", ".env.staging", ".env.local", ".env.staging.local"].map((name) => join(folder, name)),
    );
  });

  test("sets nothing where there are no .env files, or a virtual environment of Python", async () => {
    mkdirSync(join(folder, ".env"));
    expect(await load()).toEqual({});
  });

  test.each(["local", "../x", ""])("refuses the mode %j", async (mode) => {
    await expect(loadEnv({ folder, mode })).rejects.toMatchObject({ code: "invalid_option" });
  });

  test("reads a value as dotenv does", async () => {
    const text = "export A='x y' # note\nB=\"1\\n2\"\nC=\\n # note\nD= a=b \nE: f\nF='$A'\nG=`it's`\r\nH=\n";
    const values = { A: "x y", B: "1\n2", C: "\\n", D: "a=b", E: "f", F: "$A", G: "it's", H: "" };
    write(".env", text);
    expect(await load()).toEqual(values);
    await lock(".env", text, "binary");
    expect(await load()).toEqual(values);
    // sops reads no line without `=`.
    await lock(".env", text.replace("E: f\n", ""));
    expect(await load()).toEqual({ ...values, E: undefined });
    const key = "-----BEGIN KEY-----\nMC4CAQ\n-----END KEY-----";
    await lock(".env", `KEY="${key}"\nB=2\n`, "binary");
    expect(await load()).toEqual({ KEY: key, B: "2" });
  });

  test("reads a file of empty lines in linear time", async () => {
    // The parser that dotenv takes by default needs half a minute, and four times that for twice as many.
    write(".env", `A=1\nB=2\n# a\n${"\n".repeat(100_000)}# b\n`);
    const start = performance.now();
    expect(await load()).toEqual({ A: "1", B: "2" });
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test.each(["yaml", "json", "ini"] as const)("joins the nested keys of %s", async (format) => {
    const sources = {
      yaml: "db:\n  user: app\n  port: 5432\n",
      json: '{"db": {"user": "app", "port": 5432}}',
      ini: "[db]\nuser = app\nport = 5432\n",
    };
    const files = [`secret.${format}`];
    for (const put of [write, lock]) {
      await put(files[0]!, sources[format], format);
      expect(await load({ files })).toEqual({ db_user: "app", db_port: "5432" });
      expect(await load({ files, separator: "__" })).toEqual({ db__user: "app", db__port: "5432" });
    }
  });

  test("of files that are named, later ones take precedence, and each must exist", async () => {
    await lock("a.env", "A=1\nB=1\n");
    await lock("b.json", '{"B": "2"}', "json");
    expect(await load({ files: ["a.env", join(folder, "b.json")] })).toEqual({ A: "1", B: "2" });
    expect(await load({ files: ["b.json", "a.env"] })).toEqual({ A: "1", B: "1" });
    await expect(load({ files: ["a.env", "missing.env"] })).rejects.toMatchObject({
      code: "read_file",
      message: `${join(folder, "missing.env")}: the file cannot be read: no such file or folder.`,
    });
  });

  test("leaves variables alone that exist, unless they are ciphertexts or are to be overridden", async () => {
    const text = await lock(".env", "A=1\nB=2\nC=3\n");
    const ciphertext = /^C=(.*)$/m.exec(text)![1]!;
    const existing = { A: "own", B: "", C: ciphertext };
    expect(await load({}, { ...existing })).toEqual({ A: "own", B: "", C: "3" });
    expect(await load({ override: true }, { ...existing })).toEqual({ A: "1", B: "2", C: "3" });
    const { variables } = await loadEnv({ folder, env: { ...existing } });
    expect(variables).toEqual({ A: "1", B: "2", C: "3" });
  });

  test("sets process.env", async () => {
    vi.stubEnv("LOAD_ENV_A", undefined);
    await lock(".env", "LOAD_ENV_A=1\n");
    await loadEnv({ folder });
    expect(process.env.LOAD_ENV_A).toBe("1");
  });

  test("sets all variables or none, and quotes no secret", async () => {
    await lock(".env", "A=hunter1\nB=hunter2\n");
    const changes: [name: string, change: (text: string) => string, code: string][] = [
      [
        "a changed value",
        (text) => text.replace(/(?<=^D=ENC\[AES256_GCM,data:)./m, (c) => (c === "A" ? "B" : "A")),
        "value_authentication",
      ],
      ["a plain value", (text) => text.replace(/^D=.*$/m, "D=hunter4"), "malformed_value"],
      ["a removed value", (text) => text.replace(/^D=.*\n/m, ""), "mac_mismatch"],
      ["a removed MAC", (text) => text.replace(/^sops_mac=.*\n/m, ""), "mac_missing"],
      ["a removed block", (text) => text.replace(/^sops_.*\n/gm, ""), "not_encrypted"],
      ["a block with a MAC alone", (text) => text.replace(/^sops_(?!mac).*\n/gm, ""), "metadata"],
    ];
    for (const [name, change, code] of changes) {
      const text = await lock(".env.local", "C=hunter3\nD=hunter4\n");
      write(".env.local", change(text));
      const env = {};
      const error = await load({ mode: "production" }, env).catch((thrown) => thrown);
      expect({ name, code: error.code, env }).toEqual({ name, code, env: {} });
      expect(error.message).toContain(join(folder, ".env.local"));
      expect(`${error.stack}${JSON.stringify(error)}`).not.toMatch(/hunter|AGE-SECRET/);
    }
  });

  test("says where keys were looked for if there is none", async () => {
    await lock(".env", "A=hunter2\n");
    vi.stubEnv("SOPS_AGE_KEY", undefined);
    await expect(load()).rejects.toMatchObject({
      code: "no_identities",
      message: expect.stringMatching(/\.env: .*private key.*SOPS_AGE_KEY \(not set\).*keys\.txt \(no such file\)/s),
    });
    expect(await load({ identities: [identity] })).toEqual({ A: "hunter2" });
    const other = await generateIdentity();
    await expect(load({ identities: [other.identity] })).rejects.toMatchObject({
      code: "no_matching_identity",
      message: expect.not.stringContaining("Looked in"),
    });
  });

  test("with kinds of keys, looks for no others", async () => {
    await lock(".env", "A=hunter2\n");
    expect(await load({ kinds: [ageKind([identity])] })).toEqual({ A: "hunter2" });
    await expect(load({ kinds: [] })).rejects.toMatchObject({ code: "unsupported_key_type" });
  });

  test("refuses what the environment would cut or drop", async () => {
    write(".env", "A=1\0hunter2\n");
    await expect(load()).rejects.toMatchObject({
      code: "unsupported",
      message: expect.not.stringContaining("hunter2"),
    });
    for (const text of ['{"": "x"}', '{"__proto__": "x"}']) {
      await lock("x.json", text, "json");
      await expect(load({ files: ["x.json"] })).rejects.toMatchObject({ code: "unsupported" });
    }
  });

  test("tells of warnings", async () => {
    await lock(".env", "A=1\n").then((text) => write(".env", text.replaceAll("\n", "\r\n")));
    const { warnings, variables } = await loadEnv({ folder, env: {} });
    expect(warnings).toMatchObject([{ code: "carriage_returns", file: join(folder, ".env") }]);
    expect(variables).toEqual({ A: "1" });
  });

  test("refuses options that are none", async () => {
    for (const options of [{ file: ".env" }, { files: ".env" }, { convention: "flow" }, { override: "yes" }]) {
      await expect(loadEnv(options as LoadEnvOptions)).rejects.toMatchObject({ code: "invalid_option" });
    }
  });

  test.each(findSops())(
    "reads what sops $version has encrypted, each file as sops names its format",
    async ({ path }) => {
      const sources = { ".env": "A='1 2'\nB=1\n", ".env.production": 'C="x\ny"\n', "s.yaml": "d: {e: [f, 2]}\n" };
      const env = { PATH: process.env.PATH ?? "", HOME: folder };
      for (const [name, text] of Object.entries(sources)) {
        write(name, text);
        execFileSync(path, ["--age", recipient, "--encrypt", "--in-place", name], { cwd: folder, env });
      }
      expect(await load({ mode: "production" })).toEqual({ A: "1 2", B: "1", C: "x\ny" });
      expect(await load({ files: ["s.yaml"] })).toEqual({ d_e_0: "f", d_e_1: "2" });
    },
  );
});
