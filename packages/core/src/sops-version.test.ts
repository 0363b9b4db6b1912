import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readLastModified } from "./last-modified.js";
import { isSopsVersion } from "./sops-version.js";

/** What sops 3.13.3 makes of them; see test/vectors/sops-block.go. */
const sops: { versions: Record<string, boolean>; times: { in: string; out: string | null }[] } = JSON.parse(
  readFileSync(new URL("../test/vectors/sops-block.json", import.meta.url), "utf8"),
);

describe("a version", () => {
  test.each(Object.entries(sops.versions))("%j", (version, isTaken) => {
    expect(isSopsVersion(version)).toBe(isTaken);
  });
});

describe("lastmodified", () => {
  test.each(sops.times)("$in", ({ in: text, out }) => {
    expect(readLastModified(text)).toBe(out ?? undefined);
  });
});
