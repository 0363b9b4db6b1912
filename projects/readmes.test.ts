/** Every block of code of every README compiles, with each TypeScript that users have, and runs. */
import { existsSync } from "node:fs";
import { relative } from "node:path";
import { describe, expect, it } from "vitest";
import { publicPackages, top } from "../.ci/packaging/packages.js";
import { codeBlocksOf, readText, toModules } from "./blocks.js";
import { makeProject, missing, toolPath } from "./harness.js";

const compilers = ["typescript-5.4", "typescript-5.9", "typescript-6", "typescript-7"];
const resolutions = [
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
];

const readmes = ["README.md", ...publicPackages().map(({ path }) => `${relative(top, path)}/README.md`)];
// One folder for each README.
const project = makeProject({
  "globals.d.ts": "declare const Deno: any;\ndeclare const Bun: any;\ndeclare module '*.enc.yaml';\n",
});
const folders: string[] = [];
for (const readme of readmes) {
  const blocks = codeBlocksOf(readText(readme), ["js", "ts"]);
  if (blocks.length === 0) continue;
  const folder = readme === "README.md" ? "root" : readme.split("/")[1]!;
  const fixtures = `projects/readmes/${folder}.ts`;
  const known = existsSync(new URL(`../${fixtures}`, import.meta.url));
  const { files, skipped } = toModules(blocks, known ? readText(fixtures) : undefined);
  for (const [name, text] of Object.entries(files)) project.write(`${folder}/${name}`, text);
  for (const reason of skipped) console.log(`${readme}, ${reason}: compiled, not run`);
  folders.push(folder);
}

describe.each(compilers)("%s", (compiler) => {
  it.skipIf(missing(compiler)).each(resolutions)(
    "compiles all blocks, resolved by $moduleResolution",
    async (options) => {
      const name = `tsconfig.${compiler}.${options.module}.json`;
      const compilerOptions = {
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        target: "es2022",
        lib: ["es2023", "dom", "dom.iterable"],
        types: ["node"],
        allowImportingTsExtensions: true,
        ...options,
      };
      project.write(name, JSON.stringify({ compilerOptions, include: ["*.d.ts", "*/*.ts", "*/*.cts"] }));
      const { stdout } = await project.run("node", [toolPath(`${compiler}/bin/tsc`), "-p", name]);
      expect(stdout).toBe("");
    },
  );
});

it.skipIf(missing("node-24")).each(folders)("runs the blocks of %s", async (cwd) => {
  expect(await project.run("node", ["main.ts"], { cwd })).toMatchObject({ exit: 0 });
});
