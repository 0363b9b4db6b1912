/** What every kind of key does with the sops command: what either encrypts, the other decrypts. */
import type { KeySource, KeyWrapper } from "@isosops/core";
import { decrypt, encrypt } from "isosops";
import { expect, test } from "vitest";
import { parse } from "yaml";

/** A file of each format. */
export const plain = {
  yaml: "a: hello\nb: 42\n",
  json: '{\n\t"a": "hello"\n}\n',
  dotenv: "a=hello\n",
  ini: "[s]\na = hello\n",
};

/**
 * The entries of a YAML file's keys of one kind, without what is another each time.
 *
 * @param type - `gcp_kms`
 * @param enc - The form of a wrapped data key.
 */
export function entriesOf(text: string, type: string, enc: RegExp): Record<string, unknown>[] {
  const { sops } = parse(text) as { sops: Record<string, { enc: string; created_at: string }[]> };
  return sops[type]!.map(({ enc: wrapped, created_at, ...entry }) => {
    expect(wrapped).toMatch(enc);
    expect(created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    return entry;
  });
}

/** A kind of key, and a sops command that has it. */
export interface RoundTrips {
  readonly version: string;
  /** Runs sops on a file, and returns what it prints. */
  sops(args: string[], format: string, text: string): Promise<string>;
  /** With which sops encrypts for `key`. */
  flags(): string[];
  key(): KeyWrapper;
  source(): KeySource;
  entries(text: string): unknown[];
}

/** Tests a file of each format, in both directions. */
export function testFormats({ version, sops, flags, key, source, entries }: RoundTrips): void {
  test.each(["yaml", "json", "dotenv", "ini"] as const)("a %s file", async (format) => {
    // JSON of 3.9.4 has no line feed at its end.
    const text = version === "3.9.4" && format === "json" ? plain.json.trimEnd() : plain[format];
    const theirs = await sops(["encrypt", ...flags()], format, plain[format]);
    expect((await decrypt(theirs, { format, keySources: [source()] })).text).toBe(text);
    const ours = await encrypt(plain[format], { format, keys: [key()] });
    expect(await sops(["decrypt"], format, ours.text)).toBe(text);
    // What sops says of the key is what we say of it.
    if (format === "yaml") expect(entries(ours.text)).toEqual(entries(theirs));
  });
}

/** Tests a key beside one of age, in one group and in two, of which both are needed. */
export function testBesideAge(
  { sops, key, source }: Pick<RoundTrips, "sops" | "key" | "source">,
  { identity, recipient }: { readonly identity: string; readonly recipient: string },
): void {
  test("beside age, in one group and in two", async () => {
    const keyGroups = [[key()], [recipient]];
    const both = await encrypt(plain.yaml, { format: "yaml", keys: keyGroups.flat() });
    const groups = await encrypt(plain.yaml, { format: "yaml", keyGroups, shamirThreshold: 2 });
    for (const { text } of [both, groups]) expect(await sops(["decrypt"], "yaml", text)).toBe(plain.yaml);
    const keySources = [source()];
    expect((await decrypt(both.text, { format: "yaml", keySources })).text).toBe(plain.yaml);
    const opened = await decrypt(groups.text, { format: "yaml", keySources, identities: [identity] });
    expect(opened.text).toBe(plain.yaml);
  });
}
