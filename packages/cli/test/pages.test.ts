/**
 * The pages of the documentation that a reader can follow with the command, Node and the libraries alone. Every block is
 * a file, or commands that are run; those that need other tools have their tests in projects/.
 */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { blocksOf } from "../../../docs/blocks.js";
import { follow } from "./page.js";
import { bin, makeFolder, run, skippedWithoutSops, sops } from "./support.js";

const docs = fileURLToPath(new URL("../../../docs", import.meta.url));
const packages = fileURLToPath(new URL("../..", import.meta.url));
const pages = readdirSync(docs, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".md") && !/^(api|node_modules|\.vitepress)\//.test(path))
  .toSorted();

/** Tested on their own: with a cluster (docs.test.ts), or with other tools than Node (projects/). */
const elsewhere = /^(gitops|recipes\/(?:browser|bun|deno|workers|lambda|vite|next|vitest|jest))\.md$/;

test("every block of a page is a file, or commands", () => {
  for (const page of pages.filter((page) => page !== "gitops.md")) {
    const blocks = blocksOf(readFileSync(join(docs, page), "utf8"));
    expect(
      blocks.filter(({ language, file }) => language !== "console" && file === undefined),
      page,
    ).toEqual([]);
  }
});

/** Installs nothing: the packages of this repository are there. */
const npm = `#!/bin/sh
case $1 in install) exit 0 ;; *) exit 1 ;; esac
`;

for (const page of pages) {
  const text = readFileSync(join(docs, page), "utf8");
  if (elsewhere.test(page) || !blocksOf(text).some(({ language }) => language === "console")) continue;
  test.skipIf(process.platform === "win32" || sops === undefined)(
    `docs/${page}${skippedWithoutSops}`,
    async () => {
      const home = makeFolder();
      const tools = join(home, "tools");
      const cwd = join(home, "project");
      mkdirSync(tools);
      mkdirSync(join(cwd, "node_modules", "@isosops"), { recursive: true });
      for (const name of ["age", "core", "formats", "git", "gitops", "keys", "node"]) {
        symlinkSync(join(packages, name), join(cwd, "node_modules", "@isosops", name));
      }
      symlinkSync(join(packages, "isosops"), join(cwd, "node_modules", "isosops"));
      writeFileSync(join(cwd, "package.json"), '{ "type": "module" }\n');
      symlinkSync(bin, join(tools, "isosops"));
      symlinkSync(sops!, join(tools, "sops"));
      writeFileSync(join(tools, "npm"), npm, { mode: 0o755 });
      const env = {
        HOME: home,
        XDG_CONFIG_HOME: join(home, ".config"),
        PATH: [tools, dirname(process.execPath), process.env.PATH].join(delimiter),
        GIT_CONFIG_GLOBAL: join(home, "gitconfig"),
      };
      writeFileSync(env.GIT_CONFIG_GLOBAL, "[user]\nname = Ann\nemail = ann@team.example\n");
      await run("git", ["init", "--quiet", "--initial-branch=main"], { cwd, env });
      writeFileSync(join(cwd, ".git", "info", "exclude"), "/node_modules\n/package.json\n");
      expect(await follow(text, { cwd, env })).toBeGreaterThan(0);
    },
    120_000,
  );
}

test.each([
  ["SopsError", "core/src/errors.ts", "ErrorCode"],
  ["AgeError", "age/src/error.ts", "AgeErrorCode"],
  ["GitopsError", "gitops/src/error.ts", "GitopsErrorCode"],
])("the page of errors has each code of %s", (name, file, type) => {
  const source = readFileSync(join(packages, file), "utf8");
  const declaration = new RegExp(`^export type ${type} =\\n((?:  .*\\n)+)`, "m").exec(source)![1]!;
  const codes = [...declaration.matchAll(/^ {2}\| "(\w+)"/gm)].map(([, code]) => code);
  const sections = readFileSync(join(docs, "reference/errors.md"), "utf8").split(/^## /m);
  const rows = sections.filter((section) => section.includes(`| \`${name}.code\``)).join("");
  const shown = [...rows.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, cell]) => cell!.match(/\w+/g)!);
  expect(shown.toSorted()).toEqual(codes.toSorted());
});
