import { readdirSync, readFileSync } from "node:fs";
import { dirname, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** The rooms of this folder, as the README of the package has them: each may import from itself and those after it. */
const rooms = ["on-demand.ts", "index.ts", "edit", "preserve", "tree", "go-yaml"];

const folder = dirname(fileURLToPath(import.meta.url));

interface Module {
  readonly path: string;
  /** Paths of the modules in this folder that it needs at run time. */
  readonly imports: readonly string[];
  /** The same with those of which it takes types alone. */
  readonly all: readonly string[];
}

const modules: readonly Module[] = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
  .map((path) => {
    const source = readFileSync(`${folder}/${path}`, "utf8");
    const found = [...source.matchAll(/^(?:import|export) (type )?[^;]*? from "(\.[^"]+)\.js";/gm)];
    const resolve = (some: typeof found) =>
      some.map((match) => posix.join(posix.dirname(path), `${match[2]}.ts`)).filter((name) => !name.startsWith(".."));
    return { path, all: resolve(found), imports: resolve(found.filter((match) => match[1] === undefined)) };
  });

const roomOf = (path: string): number => rooms.indexOf(path.split("/")[0]!);

test("every file has a room, and imports go one way", () => {
  expect(modules.length).toBeGreaterThan(20);
  expect(modules.filter(({ path }) => roomOf(path) === -1)).toEqual([]);
  const backwards = modules.flatMap(({ path, all }) =>
    all.filter((other) => roomOf(other) < roomOf(path)).map((other) => `${path} imports ${other}`),
  );
  expect(backwards).toEqual([]);
});

test("no file needs itself", () => {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    byPath.get(from)!.imports.some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  expect(modules.map(({ path }) => path).filter((path) => reaches(path, path))).toEqual([]);
});
