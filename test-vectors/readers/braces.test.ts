/** A YAML file that is one collection in braces: what programs that look at it, and sops, take it for. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { afterAll, describe, expect, test } from "vitest";
import { decrypt, encrypt, set, updateRecipients } from "../../packages/isosops/dist/index.js";
import { findSops, readKey } from "../tools.js";
import { readers } from "./readers.js";

const { identity, recipient } = readKey("first");
const sops = findSops();
if (sops.length === 0) {
  const reason = "no sops (run test-vectors/install.js, or set SOPS_BIN)";
  if (env.ISOSOPS_REQUIRE_LIVE) throw new Error(`What sops makes of a file in braces cannot be seen: ${reason}.`);
  console.log(`What sops makes of a file in braces is not looked at: ${reason}.`);
}

const folder = mkdtempSync(join(tmpdir(), "isosops-braces-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options = { format: "yaml", recipients: [recipient] } as const;
const keys = { format: "yaml", identities: [identity] } as const;

/** scripts/lib/backends/sops.sh of helm-secrets, `_sops_dec_get_type`. */
function helmSecretsType(text: string): "yaml" | "json" {
  return /^sops:\s*$/m.test(text) ? "yaml" : "json";
}

/** What each sops decrypts the file to, read from its JSON. */
function readBySops(text: string): unknown[] {
  writeFileSync(join(folder, "file"), text);
  return sops.map(({ path }) => {
    const flags = ["--decrypt", "--input-type", helmSecretsType(text), "--output-type", "json", "file"];
    const environment = { ...env, SOPS_AGE_KEY: identity };
    return JSON.parse(execFileSync(path, flags, { cwd: folder, env: environment, encoding: "utf8" }));
  });
}

/** With escapes for what YAML does not have as it is. */
const json = (value: unknown, indent?: number) =>
  JSON.stringify(value, null, indent).replace(
    /[\x7f\u2028\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

const deep = { a: "x", b: 2, c: { d: [1.5, true, null, "\u0001\u007f\u2028\ufeff\u{1f600}"], "": "" }, e: "]" };

test.each([
  ["on a line", json(deep), deep],
  ["on several lines", `${json(deep, 2)}\n`, deep],
  ["with nothing in it", "{}\n", {}],
  ["with blanks", ' { "a" :1 , "b":"y" } \n', { a: 1, b: "y" }],
  ["with CRLF", '{\r\n\t"a": "x"\r\n}\r\n', { a: "x" }],
])("JSON %s stays JSON", async (_, source, wanted) => {
  const { text } = await encrypt(source, options);
  expect(Object.keys(JSON.parse(text))).toEqual([...Object.keys(wanted), "sops"]);
  expect(helmSecretsType(text)).toBe("json");
  expect(readBySops(text)).toEqual(sops.map(() => wanted));
  expect((await decrypt(text, keys)).text).toBe(source);

  const edited = await set(text, { ...keys, path: ["new", "on"], value: 'yes\u0007"' });
  expect(Object.keys(JSON.parse(edited.text)).at(-1)).toBe("sops");
  const both = { ...wanted, new: { on: 'yes\u0007"' } };
  expect(readBySops(edited.text)).toEqual(sops.map(() => both));
  expect(JSON.parse((await decrypt(edited.text, keys)).text)).toEqual(both);
});

describe.each([
  ["on a line", "{a: x, b: 2, 'c': [y, 12:30]}\n", { a: "x", b: 2, c: ["y", "12:30"] }],
  ["with a comma at the end", "{\n  a: x,\n  b: 2,\n}\n", { a: "x", b: 2 }],
  ["with CRLF", "{\r\n  a: x,\r\n  b: 2 }", { a: "x", b: 2 }],
  ["with a comment", "# c\n{a: x, # d\n  b: yes # e\n}\n", { a: "x", b: "yes" }],
  ["below a marker", "---\n{a: x}\n", { a: "x" }],
  ["with nothing in it", "{ # c\n}\n", {}],
])("other braces, %s,", (_, source, wanted) => {
  test("are YAML to helm-secrets and to sops, and come back", async () => {
    const { text } = await encrypt(source, options);
    expect(helmSecretsType(text)).toBe("yaml");
    expect(readBySops(text)).toEqual(sops.map(() => wanted));
    for (const { name, read } of readers) {
      const [found] = read([text.replace(/^---\n/, "")]) as [[Record<string, unknown>]];
      expect({ name, keys: Object.keys(found[0]).sort() }).toEqual({
        name,
        keys: [...Object.keys(wanted), "sops"].sort(),
      });
    }
    expect((await decrypt(text, keys)).text).toBe(source);
  });

  test("do so with another data key, and after a change", async () => {
    const { text } = await encrypt(source, options);
    const renewed = await updateRecipients(text, { ...keys, newDataKey: true, allowedRecipients: [recipient] });
    expect(helmSecretsType(renewed.text)).toBe("yaml");
    expect((await decrypt(renewed.text, keys)).text).toBe(source);
    const edited = await set(renewed.text, { ...keys, path: ["new"], value: "off" });
    expect(helmSecretsType(edited.text)).toBe("yaml");
    expect(readBySops(edited.text)).toEqual(sops.map(() => ({ ...wanted, new: "off" })));
    expect((await decrypt(edited.text, keys)).text).toMatch(/\bnew'?: "off"/);
  });
});

test("braces of an earlier version, with the block on a line of theirs", async () => {
  const { text } = await encrypt("{a: x, b: 2}\n", options);
  const earlier = text.replace(",\nsops:\n", ', "sops": ').replace("type:int]", "type:int\\x5d");
  expect(earlier).not.toContain("\nsops:");
  expect((await decrypt(earlier, keys)).text).toBe("{a: x, b: 2}\n");
});
