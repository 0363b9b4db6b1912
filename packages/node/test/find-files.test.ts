import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findFiles } from "../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "isosops-find-"));
afterAll(() => rmSync(folder, { recursive: true }));

const names = (found: readonly string[]): string[] => found.map((path) => path.slice(folder.length + 1));

beforeAll(() => {
  for (const name of ["b.yaml", "a/c.yaml", "a/ignored.yaml", ".git/config", "node_modules/x.js", "out/d.yaml"]) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), "");
  }
  writeFileSync(join(folder, ".gitignore"), "ignored.yaml\n/out/\n");
  writeFileSync(join(folder, "a", ".gitignore"), "!ignored.yaml\nc.yaml\n");
});

// What `git ls-files --others --exclude-standard` lists, which the expectations are of.
test("of a folder, the files that Git would see", () => {
  expect(names(findFiles([folder]))).toEqual([".gitignore", "b.yaml", "a/.gitignore", "a/ignored.yaml"]);
});

test("a file that is named is taken, once", () => {
  const path = join(folder, "out", "d.yaml");
  expect(findFiles([path, path])).toEqual([path]);
});

test("with includeIgnored, what is ignored, and links to elsewhere", () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "isosops-find-"));
  symlinkSync(elsewhere, join(folder, "link"));
  symlinkSync(join(folder, "b.yaml"), join(folder, "link-within"));
  try {
    expect(names(findFiles([folder], { includeIgnored: true })).sort()).toEqual(
      [".gitignore", "a/.gitignore", "a/c.yaml", "a/ignored.yaml", "b.yaml", "link", "out/d.yaml"].sort(),
    );
  } finally {
    for (const name of ["link", "link-within"]) rmSync(join(folder, name));
    rmSync(elsewhere, { recursive: true });
  }
});

test("what is not there is an error that carries the system's", () => {
  const error = (() => {
    try {
      findFiles([join(folder, "none")]);
      return undefined;
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toMatchObject({ name: "SopsError", code: "read_file", cause: { code: "ENOENT" } });
});
