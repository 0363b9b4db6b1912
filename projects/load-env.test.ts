/**
 * Encrypted `.env` files in programs and tests: `@isosops/node/config` in each runtime and test runner, and `loadEnv`
 * beside what Vite and Next.js read of the same files in plain text.
 */
import { readFileSync } from "node:fs";
import { encrypt, formatForPath, generateIdentity } from "isosops";
import { describe, expect, it } from "vitest";
import { filesOf } from "../docs/blocks.js";
import { makeProject, missing, type NodeVersion } from "./harness.js";

const { identity, recipient } = await generateIdentity();
const env = { SOPS_AGE_KEY: identity };

/** Each file as sops would encrypt it: `.env` line by line, names such as `.env.local` as a whole. */
async function encrypted(files: Record<string, string>): Promise<Record<string, string>> {
  const texts = Object.entries(files).map(async ([name, text]) => {
    const { text: locked } = await encrypt(text, { format: formatForPath(name), recipients: [recipient] });
    return [name, locked] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

const secrets = await encrypted({ ".env": "TOKEN='hunter2 of env'\n", ".env.test": "TOKEN='hunter2 of test'\n" });
/** The tests of the recipes, for the variable that `.env.test` has here. */
const ofTest = (test: string) => test.replace("API_TOKEN", "TOKEN").replace("hunter2", "hunter2 of test");
const readRecipe = (name: string) => readFileSync(new URL(`../docs/recipes/${name}.md`, import.meta.url), "utf8");
const app = { "token.js": "console.log(process.env.TOKEN);\n" };

describe("@isosops/node/config", () => {
  it.each<NodeVersion>(["20.19", "22", "24"])("sets variables on Node %s", async (node) => {
    if (missing(`node-${node}`)) return;
    const project = makeProject({
      ...secrets,
      ...app,
      "app.js": 'import "@isosops/node/config";\nimport "./token.js";\n',
      "app.cjs": 'require("@isosops/node/config");\nconsole.log(process.env.TOKEN);\n',
    });
    for (const args of [
      ["--import", "@isosops/node/config", "token.js"],
      ["--require", "@isosops/node/config", "token.js"],
      ["app.js"],
      ["app.cjs"],
    ]) {
      const outcome = await project.run("node", args, { env, node });
      expect({ args, ...outcome }).toEqual({ args, exit: 0, stdout: "hunter2 of env\n", stderr: "" });
    }
  });

  it.skipIf(missing("bun"))("sets variables in Bun, which has read the ciphertexts before", async () => {
    const project = makeProject({ ...secrets, ...app });
    const outcome = await project.run("bun", ["--preload", "@isosops/node/config", "token.js"], { env });
    expect(outcome).toMatchObject({ exit: 0, stdout: "hunter2 of env\n" });
    expect((await project.run("bun", ["token.js"], { env })).stdout).toMatch(/^ENC\[/);
  });

  it.skipIf(missing("deno"))("sets variables in Deno", async () => {
    const project = makeProject({
      ...secrets,
      ...app,
      "app.js": 'import "@isosops/node/config";\nimport "./token.js";\n',
      "package.json": '{ "type": "module", "dependencies": { "@isosops/node": "*" } }',
    });
    for (const args of [
      ["run", "--preload", "npm:@isosops/node/config", "--allow-read", "--allow-env", "token.js"],
      ["run", "--allow-read", "--allow-env", "app.js"],
    ]) {
      const { exit, stdout, stderr } = await project.run("deno", args, { env });
      expect({ args, exit, stdout }, stderr).toEqual({ args, exit: 0, stdout: "hunter2 of env\n" });
    }
  });

  it.skipIf(missing("vitest"))("sets variables in Vitest, as the recipe configures it", async () => {
    const files = filesOf(readRecipe("vitest"));
    const project = makeProject({ ...files, ...secrets, "token.test.js": ofTest(files["token.test.js"]!) });
    const outcome = await project.run("vitest", ["run"], { env });
    expect(outcome, outcome.stdout + outcome.stderr).toMatchObject({ exit: 0 });
    expect(outcome.stdout).toMatch(/Tests +1 passed/);
  });

  it.skipIf(missing("jest")).each([
    ["CommonJS", "commonjs", ""],
    ["ES modules", "module", "--experimental-vm-modules"],
  ])("sets variables in Jest with %s", async (_, type, options) => {
    const { "jest.config.cjs": config, "token.test.cjs": test } = filesOf(readRecipe("jest"));
    const project = makeProject({
      ...secrets,
      "package.json": JSON.stringify({ type }),
      "jest.config.cjs": config!,
      [type === "module" ? "token.test.js" : "token.test.cjs"]: ofTest(test!),
    });
    const outcome = await project.run("jest", [], { env: { ...env, NODE_OPTIONS: options } });
    expect(outcome.stderr).toMatch(/Tests: +1 passed, 1 total/);
  });
});

/**
 * Variables that Next.js and dotenv read otherwise than Vite 8, which has `parseEnv` of `node:util`: a colon for `=`, the
 * same quote within quotes, a name that is not one word of ASCII.
 */
const otherInVite = ["H", "N", "Q", "Ü", "BAD LINE"];

/** Shapes of real files, without `$`, which Vite and Next.js replace. */
const plain: Record<string, string> = {
  ".env":
    "\uFEFF# the shop\nexport A=env\nB = 'env' # note\nC=\"a\\nb\\tc\"\n  D=`it's \"so\"`\nE=\nF=a#b c # d\nG=x=y==\nH: colon\nJSON={\"a\": 1}\nSP=  a b  \nDUP=1\nDUP=2\nÜ=1\nQ='a'b'\nBAD LINE=1\n",
  ".env.local": 'A=local\nL="-----BEGIN KEY-----\nMC4CAQ\n-----END KEY-----\n"\nM=\'a\nb\' # c\nN="a \\" b"\n',
  ".env.production": "A=production\r\nB='production'\r\nP=a\\nb\r\n",
  ".env.production.local": "B=production.local",
  ".env.test": "A=test\nT=`x\ny`\n",
  ".env.test.local": "# nothing\n",
  ".env.development": "A=development\n",
};

const compare = `
import nextEnv from "@next/env";
import { loadEnv as viteEnv } from "vite";
import { loadEnv } from "@isosops/node";

const key = process.env.SOPS_AGE_KEY;
const [mode] = process.argv.slice(2);
const clear = () => {
  for (const name of Object.keys(process.env)) delete process.env[name];
};
const sorted = (variables) => Object.fromEntries(Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1)));
const ours = async (folder, convention) =>
  sorted((await loadEnv({ folder, mode, convention, env: {}, identities: [key] })).variables);
clear();
process.env.NODE_ENV = mode;
const { parsedEnv } = nextEnv.loadEnvConfig("plain", mode === "development");
clear();
const vite = viteEnv(mode, "plain", "");
const results = [];
for (const folder of ["plain", "encrypted"]) {
  results.push({ mode, folder, tool: "next", theirs: sorted(parsedEnv), ours: await ours(folder, "next") });
  results.push({ mode, folder, tool: "vite", theirs: sorted(vite), ours: await ours(folder, "vite") });
}
console.log(JSON.stringify(results));
`;

describe("loadEnv", () => {
  it.skipIf(missing("vite", "next"))("reads encrypted files as Vite and Next.js read plain ones", async () => {
    // sops takes no line without `=`, nor a byte-order mark, for a line of an ENV file.
    const lines = { ...plain, ".env": plain[".env"]!.replace("\uFEFF", "").replace("H: colon\n", "H=colon\n") };
    const inFolder = (folder: string, files: Record<string, string>) =>
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
    for (const texts of [plain, lines]) {
      const locked = texts === lines ? await encrypted(texts) : await encryptedWhole(texts);
      const project = makeProject({
        ...inFolder("plain", texts),
        ...inFolder("encrypted", locked),
        "compare.js": compare,
      });
      for (const mode of ["development", "production", "test"]) {
        const { stdout, stderr } = await project.run("node", ["compare.js", mode], { env });
        type Result = Record<"theirs" | "ours", Record<string, string>> & { tool: string };
        const results = JSON.parse(stdout || "[]") as Result[];
        expect(results, stderr).toHaveLength(4);
        for (const { theirs, ours, ...which } of results) {
          if (which.tool === "vite")
            for (const name of otherInVite) for (const read of [theirs, ours]) delete read[name];
          expect(Object.keys(theirs).length).toBeGreaterThan(10);
          expect({ ...which, variables: ours }).toEqual({ ...which, variables: theirs });
        }
      }
    }
  });

  it.skipIf(missing("vite"))("leaves dollar signs as they are, which Vite replaces", async () => {
    const text = "A=1\nB=pa$A$$word\n";
    const project = makeProject({
      "plain/.env": text,
      "encrypted/.env": (await encrypted({ ".env": text }))[".env"]!,
      "compare.js": `
        import { loadEnv as viteEnv } from "vite";
        import { loadEnv } from "@isosops/node";
        const { variables } = await loadEnv({ folder: "encrypted", env: {} });
        console.log(variables.B, viteEnv("development", "plain", "B").B);
      `,
    });
    const { stdout, stderr } = await project.run("node", ["compare.js"], { env });
    expect(stdout.split(" ")[0], stderr).toBe("pa$A$$word");
    expect(stdout.split(" ")[1]).not.toBe("pa$A$$word\n");
  });
});

async function encryptedWhole(files: Record<string, string>): Promise<Record<string, string>> {
  const texts = Object.entries(files).map(async ([name, text]) => {
    return [name, (await encrypt(text, { format: "binary", recipients: [recipient] })).text] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}
