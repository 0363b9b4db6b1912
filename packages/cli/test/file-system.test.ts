/** The command takes names of files that are no UTF-8 only as long as all of it goes through `src/files/file-system`. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../src/", import.meta.url));

/** What of Node's modules takes no names of files that a user gives. */
const harmless =
  /^(?:type .*|constants|close|fstat|fsync|ftruncate|read|write|writev|f[a-z]+Sync|closeSync|readSync|writeSync)$/;

/** These read what the system has under a name of its own. */
const own = [
  "files/process-owner.ts",
  "program/argument-bytes.ts",
  "program/version.ts",
  "terminal/prompt.ts",
  "terminal/stdout.ts",
];

test("no module takes names past it", () => {
  const past: string[] = [];
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(source.length);
    if (!entry.isFile() || path.startsWith("files/file-system") || own.includes(path)) continue;
    const text = readFileSync(join(source, path), "utf8");
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
