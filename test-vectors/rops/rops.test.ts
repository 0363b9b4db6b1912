import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { decrypt, encrypt } from "../../packages/isosops/dist/index.js";

interface Tools {
  readKey(name: string): { recipient: string; identity: string };
}
interface RopsTools {
  findRops(): string | undefined;
  runRops(rops: string, flags: string[], text: string, identity: string): string;
}

const { readKey }: Tools = await import(new URL("../tools.js", import.meta.url).href);
const { findRops, runRops }: RopsTools = await import(new URL("tools.js", import.meta.url).href);
const { recipient, identity } = readKey("first");
const folder = fileURLToPath(new URL("data", import.meta.url));
const read = (name: string, file: string) => readFileSync(`${folder}/${name}/${file}`, "utf8");
const names = readdirSync(folder);

describe("a file of rops", () => {
  it.each(names)("%s is decrypted to what rops decrypts it to", async (name) => {
    const encrypted = read(name, "encrypted.toml");
    const { text, data } = await decrypt(encrypted, { format: "toml", identities: [identity] });
    const judged = parse(read(name, "decrypted.toml"), { integersAsBigInt: true });
    expect(parse(text, { integersAsBigInt: true })).toEqual(judged);
    expect(Object.keys(data)).toEqual(Object.keys(judged));
    expect(text).not.toContain("[sops]");
  });

  it("that was changed is refused", async () => {
    const encrypted = read("regex", "encrypted.toml");
    const changed = encrypted.replace('user = "app"', 'user = "root"');
    expect(changed).not.toBe(encrypted);
    await expect(decrypt(changed, { format: "toml", identities: [identity] })).rejects.toThrow(
      expect.objectContaining({ code: "mac_mismatch" }),
    );
  });
});

const rops = findRops();

describe("a file of ours", () => {
  if (rops === undefined) {
    it.skip("is decrypted by rops (skipped: no rops here; test-vectors/rops/README.md says how to install it)", () => {});
    return;
  }
  const plain = (name: string) =>
    read(name, "plain.toml")
      .replace('empty = ""\n', "")
      .replace(/^nothing.*\n/gm, "");
  const tangled =
    "[a.b]\nx = 1\n[c]\ny = 2\nz.w = 3\n[a]\nq = 4\n[a.d]\nr = [ # why\n  { s = 5 }, { t = 6, u.v = 7 } ]\n[[e]]\n[[e.f]]\ng = 8\n[[e]]\nh = 9\n";
  const sources = [...names.map(plain), tangled, "a.b = 0x00ff\nc = +5\na.c = '\u2603' # c\n"];
  const rules = [{}, { encryptedRegex: "^(password|token|b)$" }, { encryptedSuffix: "d", macOnlyEncrypted: true }];
  it.each(["preserve", "sops"] as const)("is decrypted by rops, layout %s", async (layout) => {
    for (const source of sources) {
      for (const rule of rules) {
        const { text } = await encrypt(rule === rules[0] ? source : source.replace(/^date_.*\n/m, ""), {
          format: "toml",
          recipients: [recipient],
          layout,
          ...rule,
        });
        const decrypted = runRops(rops, ["decrypt"], text, identity);
        const expected = await decrypt(text, { format: "toml", identities: [identity] });
        const asStrings = (written: string) =>
          JSON.parse(
            JSON.stringify(parse(written, { integersAsBigInt: true }), (_, value) =>
              typeof value === "bigint" ? `${value}` : typeof value === "string" ? value.replace(".000Z", "Z") : value,
            ),
          );
        expect(asStrings(decrypted)).toEqual(asStrings(expected.text));
      }
    }
  });
});
