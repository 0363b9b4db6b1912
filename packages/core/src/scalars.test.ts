import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { canonicalBool, canonicalInt, canonicalTime, formatFloat, parseFloat64 } from "./scalars.js";

/** What Go makes of texts; see test/vectors/go-scalars.go. */
const go: Record<"float" | "int" | "bool" | "time", { in: string; out: string | null }[]> = JSON.parse(
  readFileSync(new URL("../test/vectors/go-scalars.json", import.meta.url), "utf8"),
);

const ours = {
  float: (text: string) => {
    const value = parseFloat64(text);
    return value === undefined ? undefined : formatFloat(value);
  },
  int: canonicalInt,
  bool: canonicalBool,
  time: canonicalTime,
};

// Go reads hexadecimal floats; sops and this engine never write one.
const leftOut = new Set(["0x1p-2"]);

describe.each(["float", "int", "bool", "time"] as const)("%s", (kind) => {
  test.each(go[kind].filter(({ in: text }) => !leftOut.has(text)))("$in", ({ in: text, out }) => {
    expect(ours[kind](text)).toBe(out ?? undefined);
  });
});
