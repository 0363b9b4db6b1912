/** `@isosops/node/config` in programs of their own. Other runtimes and tools are in `projects/`. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encrypt, generateIdentity } from "isosops";
import { afterAll, describe, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "isosops-config-"));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "node_modules/@isosops"), { recursive: true });
symlinkSync(fileURLToPath(new URL("..", import.meta.url)), join(folder, "node_modules/@isosops/node"), "junction");

const { identity, recipient } = await generateIdentity();
const lock = async (text: string, format: "dotenv" | "yaml") =>
  (await encrypt(text, { format, recipients: [recipient] })).text;
const locked = await lock("DB='hunter2 '\nMODE=dev\n", "dotenv");

for (const [name, text] of Object.entries({
  ".env": locked,
  ".env.production": "MODE=prod\n",
  "secret.yaml": await lock("db: {password: hunter3}\n", "yaml"),
  "tampered.env": locked.replace(/^MODE=.*\n/m, ""),
  "print.mjs": "console.log(process.env.DB, process.env.MODE, process.env.db_password);\n",
  "import.mjs": 'import "@isosops/node/config";\nimport "./print.mjs";\n',
  "require.cjs": 'require("@isosops/node/config");\nconsole.log(process.env.DB, process.env.MODE);\n',
  "later.cjs": 'try { require("@isosops/node/config") } catch (e) { console.log(e.name, e.code, process.env.DB) }\n',
  "key.cjs": `if (process.env.DB) throw new Error("a loop");\nconsole.log(${JSON.stringify(identity)});\n`,
})) {
  writeFileSync(join(folder, name), text);
}

function node(args: readonly string[], variables: Record<string, string> = { SOPS_AGE_KEY: identity }) {
  const env = { PATH: process.env.PATH, HOME: folder, ...variables };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: "utf8" });
  return { exit: status, stdout, stderr };
}

const loader = "@isosops/node/config";
const variables = { SOPS_AGE_KEY: identity };

describe("@isosops/node/config", () => {
  test.each([
    ["--import", ["--import", loader, "print.mjs"]],
    ["--require", ["--require", loader, "print.mjs"]],
    ["import, also for the modules that are imported after it", ["import.mjs"]],
    ["require", ["require.cjs"]],
  ])("has set the variables: %s", (_, args) => {
    expect(node(args)).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^hunter2 {2}dev/), stderr: "" });
  });

  test("takes its options from variables", () => {
    const print = (more: Record<string, string>) => node(["import.mjs"], { ...variables, ...more }).stdout.trim();
    expect(print({ NODE_ENV: "production" })).toBe("hunter2  prod undefined");
    expect(print({ ISOSOPS_ENV_MODE: "production", NODE_ENV: "test" })).toBe("hunter2  prod undefined");
    expect(print({ ISOSOPS_ENV_FILE: ".env, secret.yaml" })).toBe("hunter2  dev hunter3");
    expect(print({ DB: "own" })).toBe("own dev undefined");
    expect(print({ DB: "own", ISOSOPS_ENV_OVERRIDE: "true" })).toBe("hunter2  dev undefined");
    expect(print({ ISOSOPS_ENV_FOLDER: "node_modules" })).toBe("undefined undefined undefined");
  });

  test("throws an error with a code and no secret, before a variable is set", () => {
    const tampered = node(["import.mjs"], { ...variables, ISOSOPS_ENV_FILE: "secret.yaml,tampered.env" });
    expect(tampered).toMatchObject({ exit: 1, stdout: "" });
    expect(tampered.stderr).toContain("SopsError: tampered.env: ");
    expect(tampered.stderr).toContain("mac_mismatch");
    expect(tampered.stderr).not.toMatch(/hunter|AGE-SECRET/);
    expect(node(["later.cjs"], {}).stdout).toBe("SopsError no_identities undefined\n");
    const wrong = node(["import.mjs"], { ...variables, ISOSOPS_ENV_OVERRIDE: "1" });
    expect(wrong.stderr).toContain("SopsError: ISOSOPS_ENV_OVERRIDE must be true or false.");
  });

  test("does not call itself for a key command that is a program of Node with the same NODE_OPTIONS", () => {
    const NODE_OPTIONS = `--import ${loader}`;
    const command = `${process.execPath} key.cjs`;
    expect(node(["print.mjs"], { NODE_OPTIONS, SOPS_AGE_KEY_CMD: command })).toMatchObject({
      exit: 0,
      stdout: "hunter2  dev undefined\n",
    });
  });

  test("replaces the ciphertexts that node --env-file has set", () => {
    expect(node(["--env-file=.env", "import.mjs"]).stdout).toBe("hunter2  dev undefined\n");
  });
});
