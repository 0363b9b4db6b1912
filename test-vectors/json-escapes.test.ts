/** JSON as other programs escape it comes back byte for byte, and sops reads its values. */
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decrypt, encrypt, set } from "../packages/isosops/dist/index.js";
import { findSops, readKey, runSops } from "./tools.js";

const { recipient, identity } = readKey("first");
const recipients = [recipient];
const identities = [identity];
const format = "json" as const;
const binaries = findSops();

const texts = fc.sample(fc.string({ unit: "binary" }), { numRuns: 300, seed: 7 }).map((text) => text.toWellFormed());
const values = {
  plain: "a",
  odd: "caf\u00e9 </script>/& \u2028 \u{1f600} \x1f \x7f \\/ \\u00e9",
  texts,
  nested: { "k\u00e9/": "v" },
};

/** What Python prints; undefined where there is none. */
function fromPython(code: string): string | undefined {
  try {
    return execFileSync("python3", ["-c", `import json, sys; value = json.load(sys.stdin); ${code}`], {
      input: JSON.stringify(values),
      encoding: "utf8",
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...process.env, PYTHONIOENCODING: "utf-8" },
    });
  } catch {
    return undefined;
  }
}

const hasPython = fromPython("print()") !== undefined;
const skippedPython = hasPython ? "" : " (skipped: no python3)";
const skipped = binaries.length === 0 ? " (skipped: no sops; set SOPS_BIN, or run test-vectors/install.js)" : "";

async function comesBack(source: string): Promise<string> {
  const { text } = await encrypt(source, { format, recipients });
  const back = (await decrypt(text, { format, identities })).text;
  // A difference is shown short.
  let at = 0;
  while (at < source.length && source[at] === back[at]) at++;
  expect(back.slice(Math.max(0, at - 40), at + 40)).toBe(source.slice(Math.max(0, at - 40), at + 40));
  expect(back.length).toBe(source.length);
  return text;
}

test.skipIf(!hasPython).for([
  ["json.dumps(value)", "print(json.dumps(value))"],
  ["json.dumps(value, indent=2)", "print(json.dumps(value, indent=2))"],
  ["json.dumps(value, ensure_ascii=False)", "print(json.dumps(value, ensure_ascii=False))"],
  [
    "json_encode of PHP",
    'print(json.dumps(value, separators=(",", ":")).replace("/", "\\\\/").replace("\\\\u007f", chr(127)))',
  ],
] as const)(`%s${skippedPython}`, async ([, code], { skip }) => {
  const source = fromPython(code)!;
  const text = await comesBack(source);
  if (binaries.length === 0) skip("no sops (set SOPS_BIN, or run test-vectors/install.js)");
  for (const sops of binaries) {
    const { output } = await runSops(sops, ["decrypt"], { text, format, identities });
    expect(JSON.parse(output), sops.version).toEqual(JSON.parse(source));
  }
});

test.skipIf(!hasPython)(`a new value is escaped as the others are${skippedPython}`, async () => {
  const text = await comesBack(fromPython('print(json.dumps({"a": value["odd"], "b": "x"}))')!);
  const options = { format, identities, value: "n\u00e9/" } as const;
  const changed = await set(text, { ...options, path: ["b"] });
  const added = await set(changed.text, { ...options, path: ["c\u00e9"] });
  const back = (await decrypt(added.text, { format, identities })).text;
  const expected = fromPython('print(json.dumps({"a": value["odd"], "b": "n\\u00e9/", "c\\u00e9": "n\\u00e9/"}))');
  expect(back).toBe(expected);
});

test.skipIf(binaries.length === 0)(`json.Marshal of Go, as sops writes it${skipped}`, async () => {
  for (const sops of binaries) {
    const own = await encrypt(JSON.stringify(values), { format, recipients });
    const { output } = await runSops(sops, ["decrypt"], { text: own.text, format, identities });
    expect(output).toContain("\\u003c");
    const text = await comesBack(output);
    expect((await runSops(sops, ["decrypt"], { text, format, identities })).output).toBe(output);
    const laidOut = await encrypt(output, { format, recipients, layout: "sops" });
    expect(laidOut.text).not.toMatch(/type[^"]*\\u00/);
  }
});
