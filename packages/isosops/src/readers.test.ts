import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { changeReaders, decrypt, encrypt, type SopsError } from "../dist/index.js";

const vectors = new URL("../../../test-vectors/", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, vectors), "utf8");
const key = (name: string) => ({
  recipient: /age1\w+/.exec(read(`keys/${name}.txt`))![0],
  identity: /AGE-SECRET-KEY-\S+/.exec(read(`keys/${name}.txt`))![0],
});
const [first, second, stranger] = [key("first"), key("second"), key("stranger")];
const format = "yaml";
const sealed = read("data/good/comments/encrypted-3.13.3.yaml");
const plain = (await decrypt(sealed, { format, identities: [first.identity] })).text;
const opens = (text: string, { identity }: typeof first) =>
  decrypt(text, { format, identities: [identity] }).then(
    (result) => result.text === plain,
    (error: SopsError) => error.code,
  );
const ciphertexts = (text: string) => text.match(/ENC\[[^\]]*\]/g);

describe("changeReaders", () => {
  it("lets another one in, and touches nothing else", async () => {
    const { text, changed } = await changeReaders(sealed, {
      format,
      identities: [first.identity],
      add: [second.recipient],
    });
    expect(changed).toBe(true);
    expect(await opens(text, first)).toBe(true);
    expect(await opens(text, second)).toBe(true);
    const lines = new Set(text.split("\n"));
    expect(sealed.split("\n").filter((line) => !lines.has(line))).toEqual([]);
  });

  it("puts one in another's place", async () => {
    const options = {
      format,
      identities: [first.identity],
      add: [second.recipient],
      remove: [first.recipient],
    } as const;
    const { text } = await changeReaders(sealed, options);
    expect(await opens(text, first)).toBe("no_matching_identity");
    expect(await opens(text, second)).toBe(true);
    expect(ciphertexts(text)).toEqual(ciphertexts(sealed));
  });

  it("takes a new data key where one is asked for", async () => {
    const options = {
      format,
      identities: [first.identity],
      add: [second.recipient],
      remove: [first.recipient],
    } as const;
    const { text } = await changeReaders(sealed, { ...options, newDataKey: true, readers: [] });
    expect(await opens(text, second)).toBe(true);
    for (const ciphertext of ciphertexts(text)!) expect(ciphertexts(sealed)).not.toContain(ciphertext);
  });

  it("gives no new data key to one whom nobody but the file names", async () => {
    // Put there without any key: the entry of another, under another name.
    const [entry] = /^ +- enc: \|\n(?:.*\n)+?.*END AGE.*\n +recipient: .*\n/m.exec(sealed)!;
    const other = entry.replace(first.recipient, stranger.recipient);
    expect(other).not.toBe(entry);
    const options = { format, identities: [first.identity], newDataKey: true } as const;
    for (const tampered of [
      sealed.replace(entry, entry + other),
      sealed.replace(entry, other + entry),
      sealed.replace(entry, other),
    ]) {
      expect(await opens(tampered, first)).toBe(true);
      const refused = changeReaders(tampered, { ...options, readers: [first.recipient] });
      await expect(refused).rejects.toMatchObject({
        code: "unknown_recipient",
        message: expect.stringContaining(stranger.recipient),
      });
      const readers = [first.recipient, stranger.recipient];
      const { text } = await changeReaders(tampered, { ...options, readers });
      expect(await opens(text, stranger)).toBe(true);
      // One who goes need not be known.
      const without = { ...options, readers: [], remove: [stranger.recipient], add: [first.recipient] };
      expect(await opens((await changeReaders(tampered, without)).text, stranger)).toBe("no_matching_identity");
    }
    await expect(changeReaders(sealed, options)).rejects.toMatchObject({ code: "invalid_option" });
  });

  it("changes nothing where there is nothing to change", async () => {
    const options = {
      format,
      identities: [first.identity],
      add: [first.recipient],
      remove: [stranger.recipient],
    } as const;
    expect(await changeReaders(sealed, options)).toMatchObject({ changed: false, text: sealed });
  });

  it("leaves no group without a reader, and needs a key that opens the file", async () => {
    const refused = (options: object) => changeReaders(sealed, { format, identities: [first.identity], ...options });
    await expect(refused({ remove: [first.recipient] })).rejects.toMatchObject({ code: "no_recipients" });
    await expect(refused({ identities: [second.identity], add: [second.recipient] })).rejects.toMatchObject({
      code: "no_matching_identity",
    });
  });

  it("changes the key group that the one who goes was in", async () => {
    const keyGroups = [[first.recipient], [second.recipient]];
    const { text } = await encrypt("a: b\n", { format, keyGroups });
    const both = [first.identity, second.identity];
    const changed = await changeReaders(text, {
      format,
      identities: both,
      add: [stranger.recipient],
      remove: [second.recipient],
    });
    const { metadata } = await decrypt(changed.text, { format, identities: [first.identity, stranger.identity] });
    expect(metadata.keyGroups.map((group) => group.map(({ fields }) => fields.get("recipient")))).toEqual([
      [first.recipient],
      [stranger.recipient],
    ]);
    await expect(decrypt(changed.text, { format, identities: both })).rejects.toMatchObject({
      code: "no_matching_identity",
    });
  });
});
