/** File names that are not UTF-8 are safe as long as all of this package and of the command goes through `src/file-system`. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const packages = fileURLToPath(new URL("../../", import.meta.url));

/** What of Node's modules takes no names of files that a user gives. */
const harmless =
  /^(?:type .*|constants|close|fstat|fsync|ftruncate|read|write|writev|f[a-z]+Sync|closeSync|readSync|writeSync)$/;

/** These read what the system has under a name of its own, or what a program is given by an argument, which is text. */
const own = [
  "cli/src/commands/edit/editor.ts",
  "cli/src/commands/git/textconv/commit-message.ts",
  "cli/src/plaintext/plain-file.ts",
  "cli/src/plaintext/private-folder.ts",
  "node/src/write/process-owner.ts",
  "cli/src/program/argument-bytes.ts",
  "cli/src/program/version.ts",
  "cli/src/terminal/tty.ts",
  "cli/src/terminal/stdout.ts",
];

test("no module takes names past it", () => {
  const past: string[] = [];
  const entries = ["node/src", "cli/src"].flatMap((source) =>
    readdirSync(join(packages, source), { recursive: true, withFileTypes: true }),
  );
  expect(entries.length).toBeGreaterThan(100);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name).slice(packages.length);
    if (!entry.isFile() || path.startsWith("node/src/file-system/") || own.includes(path)) continue;
    // Bundlers give names as text.
    if (path.startsWith("node/src/bundler/")) continue;
    const text = readFileSync(join(packages, path), "utf8");
    for (const [, names, module] of text.matchAll(
      /^import (?:type )?\{([^}]*)\} from "node:(fs|fs\/promises|path)";/gm,
    )) {
      for (const name of names!.split(",").map((one) => one.trim())) {
        if (module === "path" ? name === "resolve" : name !== "" && !harmless.test(name)) past.push(`${path}: ${name}`);
      }
    }
    if (/process\.cwd\(\)/.test(text)) past.push(`${path}: process.cwd()`);
  }
  // Types alone are imported so as well.
  expect(past.filter((one) => !/: (?:Stats|Dirent)$/.test(one))).toEqual([]);
});
