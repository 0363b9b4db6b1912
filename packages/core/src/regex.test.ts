import { readFileSync } from "node:fs";
import fc from "fast-check";
import { RE2JS } from "re2js";
import { afterEach, describe, expect, test, vi } from "vitest";
import { compilePattern } from "./compile-pattern.js";
import { SopsError } from "./errors.js";

interface Row {
  pattern: string;
  matches?: Record<string, boolean>;
}

const rows: Row[] = JSON.parse(readFileSync(new URL("../test/vectors/go-regexp.json", import.meta.url), "utf8"));

describe("as Go does", () => {
  test.each(rows.filter((row) => row.matches !== undefined))("$pattern", async ({ pattern, matches }) => {
    const match = await compilePattern(pattern);
    expect(Object.fromEntries(Object.keys(matches!).map((text) => [text, match(text)]))).toEqual(matches);
  });

  test.each(rows.filter((row) => row.matches === undefined))("refuses $pattern", async ({ pattern }) => {
    const error = await compilePattern(pattern).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SopsError);
    expect((error as SopsError).code).toBe("invalid_rule");
    expect((error as SopsError).message).toContain(JSON.stringify(pattern));
  });
});

describe("patterns that need no library", () => {
  afterEach(() => vi.restoreAllMocks());

  test.each([
    "",
    "password",
    "_secret$",
    "^(data|stringData)$",
    "^(\\.dockerconfigjson)$",
    "^(?:a|b(c|d))$",
    "^tls\\.key$|^ca",
    "-key$",
  ])("%s", async (pattern) => {
    const compile = vi.spyOn(RE2JS, "compile");
    const match = await compilePattern(pattern);
    expect(compile).not.toHaveBeenCalled();
    const reference = RE2JS.compile(pattern);
    for (const text of [
      "data",
      "stringData",
      ".dockerconfigjson",
      "xdockerconfigjson",
      "tls.key",
      "ca.crt",
      "a_secret",
      "bd",
      "b",
    ]) {
      expect(match(text)).toBe(reference.test(text));
    }
  });

  test("thousands of literals, in time that grows with the text and not with their number", async () => {
    const literals = Array.from({ length: 20_000 }, (_, i) => `k${i}`);
    for (const [before, behind] of [
      ["", ""],
      ["^", ""],
      ["", "$"],
      ["^", "$"],
    ] as const) {
      const some = literals.slice(0, 40).map((literal) => before + literal + behind);
      const [match, reference] = [await compilePattern(some.join("|")), RE2JS.compile(some.join("|"))];
      for (const text of ["k7", "xk7", "k7x", "xk39y", "xk", "", "k40", "k4"]) {
        expect(match(text)).toBe(reference.test(text));
      }
      const timed = async (count: number): Promise<number> => {
        const some = literals.slice(0, count).map((literal) => before + literal + behind);
        const large = await compilePattern(some.join("|"));
        return processorTime(() => {
          for (let i = 0; i < 5000; i++) if (large(`q${i}`)) throw new Error(`q${i}`);
        });
      };
      // The literals are 100 times as many, and their lengths 2.5 times.
      expect(await timed(20_000)).toBeLessThan(8 * (await timed(200)));
    }
  });

  test("the same answers as the library's, or the same refusal", async () => {
    const atom = fc.constantFrom(
      "a",
      "b",
      "ab",
      "^",
      "$",
      "|",
      "\\.",
      "\\$",
      "\\|",
      "\\_",
      "-",
      "😀",
      "\ufffd",
      "(",
      ")",
      "(?:",
      "*",
      "?",
      "]",
      "}",
    );
    const group = fc.array(fc.oneof(atom, fc.constantFrom("(a|b)", "(^a|b$)", "()", "(|a)", "(?:$)")), {
      maxLength: 8,
    });
    const unit = fc.constantFrom("a", "b", ".", "$", "|", "_", "-", "😀", "\ud83d", "\ude00", "\ufffd", "\n", "*");
    const texts = fc.array(fc.string({ unit, maxLength: 5 }), { minLength: 1, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(group, texts, async (parts, samples) => {
        const pattern = parts.join("");
        let reference: RE2JS | undefined;
        try {
          reference = RE2JS.compile(pattern);
        } catch {}
        const match = await compilePattern(pattern).catch((error: SopsError) => error.code);
        if (reference === undefined) {
          expect(match).toBe("invalid_rule");
          return;
        }
        for (const text of ["", "a", "b", "ab", "aab", ...samples]) {
          const utf8 = Buffer.from(text, "utf8").toString("utf8");
          expect((match as (text: string) => boolean)(text)).toBe(reference.test(utf8));
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("groups that multiply beyond measure are left to the library", async () => {
    const match = await compilePattern(`^${"(a|b)".repeat(60)}$`);
    expect(match("ab".repeat(30))).toBe(true);
    expect(match("ab".repeat(31))).toBe(false);
    expect((await compilePattern(`${"(".repeat(200)}a${")".repeat(200)}`))("xax")).toBe(true);
  });
});

describe("text that is not well formed", () => {
  test("half of a surrogate pair is U+FFFD", async () => {
    expect((await compilePattern("^\ufffd$"))("\ud800")).toBe(true);
    expect((await compilePattern("^[\ufffd]$"))("\udc00")).toBe(true);
    expect((await compilePattern("^\\p{Cs}$"))("\ud800")).toBe(false);
    expect((await compilePattern("^.$"))("\ud800")).toBe(true);
    expect((await compilePattern("\ud83d"))("😀")).toBe(false);
    expect((await compilePattern("\ude00$"))("😀")).toBe(false);
  });
});

test.each([
  ["(a+)+$", "a", "b"],
  ["(x+x+)+y", "x", ""],
  ["^(a|a)*$", "a", "b"],
  ["\\b(a*)*\\b$", "a", "!"],
])("%s takes linear time", async (pattern, repeated, behind) => {
  const match = await compilePattern(pattern);
  const timed = (count: number): number => {
    const text = repeated.repeat(count) + behind;
    return processorTime(() => {
      if (match(text)) throw new Error(pattern);
    });
  };
  // Linear, it is 16 times as long; quadratic, it would be 256 times.
  expect(timed(80_000)).toBeLessThan(64 * timed(5000));
});

/** Milliseconds of processor time that a function takes, the least of three measurements. It is called until they are long enough. */
function processorTime(work: () => void): number {
  const times: number[] = [];
  work();
  for (let measurement = 0; measurement < 3; measurement++) {
    const started = process.cpuUsage();
    let calls = 0;
    let taken = 0;
    while (taken < 30_000) {
      work();
      calls++;
      const { user, system } = process.cpuUsage(started);
      taken = user + system;
    }
    times.push(taken / 1000 / calls);
  }
  return Math.min(...times);
}

test("an error says what RE2 lacks, and is no longer than a person reads", async () => {
  const error = (await compilePattern("^(?!data)").catch((caught: unknown) => caught)) as SopsError;
  expect(error.message).toMatch(/look-around/);
  const long = (await compilePattern(`(${"a".repeat(10_000)}`).catch((caught: unknown) => caught)) as SopsError;
  expect(long.code).toBe("invalid_rule");
  expect(long.message.length).toBeLessThan(1000);
});

test("groups nested beyond what Go takes are an error, not a crash", async () => {
  const error = await compilePattern(`${"(".repeat(100_000)}a.${")".repeat(100_000)}`).catch(
    (caught: unknown) => caught,
  );
  expect((error as SopsError).code).toBe("invalid_rule");
});
