import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decrypt, encrypt, inspect, type SopsError, updateRecipients } from "../dist/index.js";
import { plainKind, type Requests } from "../test/plain-kind.js";

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

describe("updateRecipients", () => {
  const replacement = {
    format,
    identities: [first.identity],
    add: [second.recipient],
    remove: [first.recipient],
  } as const;

  it("lets another one in, and touches nothing else", async () => {
    const { text, changed } = await updateRecipients(sealed, {
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
    const { text } = await updateRecipients(sealed, replacement);
    expect(await opens(text, first)).toBe("no_matching_identity");
    expect(await opens(text, second)).toBe(true);
    expect(ciphertexts(text)).toEqual(ciphertexts(sealed));
  });

  it("takes a new data key where one is asked for", async () => {
    const { text } = await updateRecipients(sealed, { ...replacement, newDataKey: true, allowedRecipients: [] });
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
      const refused = updateRecipients(tampered, { ...options, allowedRecipients: [first.recipient] });
      await expect(refused).rejects.toMatchObject({
        code: "unknown_recipient",
        message: expect.stringContaining(stranger.recipient),
      });
      const allowedRecipients = [first.recipient, stranger.recipient];
      const { text } = await updateRecipients(tampered, { ...options, allowedRecipients });
      expect(await opens(text, stranger)).toBe(true);
      // One who goes need not be known.
      const without = { ...options, allowedRecipients: [], remove: [stranger.recipient], add: [first.recipient] };
      expect(await opens((await updateRecipients(tampered, without)).text, stranger)).toBe("no_matching_identity");
    }
    await expect(updateRecipients(sealed, options as never)).rejects.toMatchObject({ code: "invalid_option" });
  });

  it("changes nothing where there is nothing to change", async () => {
    const options = {
      format,
      identities: [first.identity],
      add: [first.recipient],
      remove: [stranger.recipient],
    } as const;
    expect(await updateRecipients(sealed, options)).toMatchObject({ changed: false, text: sealed });
  });

  it("leaves no group without a reader, and needs a key that opens the file", async () => {
    const refused = (options: object) => updateRecipients(sealed, { format, identities: [first.identity], ...options });
    await expect(refused({ remove: [first.recipient] })).rejects.toMatchObject({ code: "no_recipients" });
    await expect(refused({ identities: [second.identity], add: [second.recipient] })).rejects.toMatchObject({
      code: "no_matching_identity",
    });
  });

  it("changes the key group that the one who goes was in", async () => {
    const keyGroups = [[first.recipient], [second.recipient]];
    const { text } = await encrypt("a: b\n", { format, keyGroups });
    const both = [first.identity, second.identity];
    const changed = await updateRecipients(text, {
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

describe("keys of other types", async () => {
  const reference = (id: string, more: object = {}) => ({ type: "kms", id, ...more });
  const [mine, theirs] = [reference("mine"), reference("theirs")];
  const identities = [first.identity];
  const wrapper = plainKind().wrapper;
  const mixed = (await encrypt("a: b\n", { format, keyGroups: [[wrapper(mine), first.recipient]] })).text.replace(
    "2026-11-28T12:00:00Z",
    "2024-01-02T03:04:05Z",
  );
  const none = (): Requests => ({ wrapped: [], unwrapped: [] });
  const keysOf = async (text: string) =>
    (await inspect(text, { format }))!.keyGroups.map((group) =>
      group.map(({ fields }) => fields.get("arn") ?? fields.get("recipient")),
    );
  const kindsOpen = async (text: string) =>
    (await decrypt(text, { format, keySources: [plainKind().source()] })).text === "a: b\n";

  it("are added and removed, and what is kept is not asked for", async () => {
    const requests = none();
    const kinds = [plainKind(requests)];
    const given = { format, identities, kinds } as const;
    const { text, changed } = await updateRecipients(mixed, { ...given, add: [mine, theirs, second.recipient] });
    expect(changed).toBe(true);
    // age comes first in the file, and is tried first.
    expect(requests).toEqual({ wrapped: ["theirs"], unwrapped: [] });
    expect(await keysOf(text)).toEqual([[first.recipient, second.recipient, "mine", "theirs"]]);
    const lines = new Set(text.split("\n"));
    expect(mixed.split("\n").filter((line) => !lines.has(line))).toEqual([]);
    const without = await updateRecipients(text, { ...given, remove: [theirs, second.recipient] });
    expect(without.text).toBe(mixed);
    // Removed and added: a new entry.
    const again = await updateRecipients(mixed, { ...given, remove: [mine], add: [mine] });
    expect(again.text).toContain("2026-11-28T12:00:00Z");
    expect(await kindsOpen(again.text)).toBe(true);
  });

  it("are given as wrappers, which tell only afterwards what they stand for", async () => {
    const given = { format, identities } as const;
    const same = await updateRecipients(mixed, { ...given, add: [wrapper(mine)] });
    expect(same).toMatchObject({ changed: false, text: mixed });
    const { text } = await updateRecipients(mixed, { ...given, add: [wrapper(mine), wrapper(theirs)] });
    expect(await keysOf(text)).toEqual([[first.recipient, "mine", "theirs"]]);
  });

  it("get a new data key, and keep the time of their creation", async () => {
    const requests = none();
    const kinds = [plainKind(requests)];
    const allowedRecipients = [first.recipient, mine];
    const add = [theirs];
    const renewed = await updateRecipients(mixed, { format, kinds, add, newDataKey: true, allowedRecipients });
    expect(requests).toEqual({ wrapped: ["mine", "theirs"], unwrapped: ["mine"] });
    expect(ciphertexts(renewed.text)).not.toEqual(ciphertexts(mixed));
    expect(await kindsOpen(renewed.text)).toBe(true);
    expect((await decrypt(renewed.text, { format, identities })).text).toBe("a: b\n");
    const created = renewed.metadata.keyGroups[0]!.map(({ fields }) => fields.get("created_at"));
    expect(created).toEqual([undefined, "2024-01-02T03:04:05Z", "2026-11-28T12:00:00Z"]);
    expect(renewed.warnings).toEqual([
      { code: "old_key", message: expect.stringMatching(/the kms key mine since 2024-01-02, more than six months/) },
    ]);
  });

  it("get no new data key where only the file names them, or names them otherwise", async () => {
    const given = { format, identities, kinds: [plainKind()], newDataKey: true } as const;
    const [entry] = /^ +- arn: mine\n(?:.*\n)*? +enc: .*\n/m.exec(mixed)!;
    const insert = (change: (text: string) => string) => mixed.replace(entry, entry + change(entry));
    const changes: [insert: (text: string) => string, shown: RegExp][] = [
      [(text) => text.replace("mine", "stranger"), /the kms key stranger, and the configuration/],
      [(text) => `${text}          role: arn:aws:iam::1:role/x\n`, /mine\+arn:aws:iam/],
      [(text) => `${text}          aws_profile: other\n`, /mine\|\|other/],
      [(text) => `${text}          context:\n            a: b\n`, /mine\|a:b/],
      [(text) => text.replace(/arn: .*/, "key_id: mine"), /the kms key , /],
    ];
    for (const [change, shown] of changes) {
      const indent = /^ +(?=enc)/m.exec(entry)![0];
      const tampered = insert((text) =>
        change(text)
          .replace(/^ {10}/gm, indent)
          .replace(/^ {12}a/m, `${indent}  a`),
      );
      const refused = updateRecipients(tampered, { ...given, allowedRecipients: [first.recipient, mine] });
      await expect(refused).rejects.toMatchObject({
        code: "unknown_recipient",
        message: expect.stringMatching(shown),
      });
    }
    const other = reference("mine", { context: { a: "b" } });
    const unchanged = updateRecipients(mixed, { ...given, allowedRecipients: [first.recipient, other] });
    await expect(unchanged).rejects.toMatchObject({ code: "unknown_recipient" });
  });

  it("need a kind for what is wrapped", async () => {
    const refused = (options: object) => updateRecipients(mixed, { format, identities, ...options });
    const missing = {
      code: "unsupported_key_type",
      message: expect.stringMatching(/the kms key \w+, and no kind .*awsKmsKind/),
    };
    await expect(refused({ add: [theirs] })).rejects.toMatchObject(missing);
    const allowedRecipients = [first.recipient, mine];
    await expect(refused({ newDataKey: true, allowedRecipients })).rejects.toMatchObject(missing);
    // Removed keys need none.
    const { text } = await refused({ newDataKey: true, allowedRecipients, remove: [mine] });
    expect(await keysOf(text)).toEqual([[first.recipient]]);
  });

  it("fail together, in every key group, and each is named", async () => {
    const keyGroups = [[first.recipient, wrapper(mine)], [wrapper(theirs)]];
    const { text } = await encrypt("a: b\n", { format, keyGroups });
    const broken = text.replace("arn: mine", "arn: broken-1").replace("arn: theirs", "arn: broken-2");
    const refused = updateRecipients(broken, {
      format,
      identities,
      kinds: [plainKind()],
      newDataKey: true,
      allowedRecipients: [first.recipient, reference("broken-1"), reference("broken-2")],
    });
    await expect(refused).rejects.toMatchObject({
      message: expect.stringMatching(/2 of the keys.*\n.*broken-1 does not work\n.*broken-2 does not work/),
    });
  });

  it("change the key group that one of them was in", async () => {
    const { text } = await encrypt("a: b\n", { format, keyGroups: [[first.recipient], [wrapper(theirs)]] });
    const change = { kinds: [plainKind()], add: [mine], remove: [theirs] };
    const { text: changed } = await updateRecipients(text, { format, ...change });
    expect(await keysOf(changed)).toEqual([[first.recipient], ["mine"]]);
    const keySources = [plainKind().source()];
    expect((await decrypt(changed, { format, identities, keySources })).text).toBe("a: b\n");
  });
});

describe("all keys of a file by group", () => {
  const both = [first.identity, second.identity];
  const blockOf = async (text: string) => {
    const { keyGroups, shamirThreshold } = (await inspect(text, { format }))!;
    return { groups: keyGroups.map((group) => group.map(({ fields }) => fields.get("recipient"))), shamirThreshold };
  };

  it("makes several groups of one, and one of several, and touches no value", async () => {
    const options = { format, identities: both } as const;
    const keyGroups = [[first.recipient], [second.recipient, stranger.recipient]];
    const split = await updateRecipients(sealed, { ...options, keyGroups });
    expect(await blockOf(split.text)).toEqual({ groups: keyGroups, shamirThreshold: 2 });
    expect(await opens(split.text, first)).toBe("no_matching_identity");
    expect((await decrypt(split.text, options)).text).toBe(plain);
    expect(ciphertexts(split.text)).toEqual(ciphertexts(sealed));
    const three = await updateRecipients(split.text, { ...options, keyGroups: [...keyGroups, [first.recipient]] });
    expect(await blockOf(three.text)).toMatchObject({ shamirThreshold: 2 });
    expect(await opens(three.text, first)).toBe(true);
    const all = await updateRecipients(three.text, {
      ...options,
      keyGroups: [...keyGroups, [first.recipient]],
      shamirThreshold: 3,
    });
    expect(await opens(all.text, first)).toBe("no_matching_identity");
    expect((await decrypt(all.text, options)).text).toBe(plain);
    const joined = await updateRecipients(split.text, { ...options, keyGroups: [[second.recipient]] });
    expect(await blockOf(joined.text)).toEqual({ groups: [[second.recipient]], shamirThreshold: undefined });
    expect(await opens(joined.text, second)).toBe(true);
  });

  it("keeps the entries that stay, needs no key to remove one, and changes nothing for the same keys", async () => {
    const options = { format, identities: [stranger.identity] } as const;
    const two = [second.recipient, first.recipient];
    const { text } = await updateRecipients(sealed, { format, identities: [first.identity], keyGroups: [two] });
    expect(await blockOf(text)).toMatchObject({ groups: [[first.recipient, second.recipient]] });
    expect(await updateRecipients(text, { ...options, keyGroups: [two] })).toMatchObject({ text, changed: false });
    const one = await updateRecipients(text, { ...options, keyGroups: [[first.recipient]] });
    expect(one.text).toBe(sealed);
  });

  it("takes a new data key, another format, and ignores a MAC, where that is asked for", async () => {
    const options = {
      format,
      identities: [first.identity],
      newDataKey: true,
      keyGroups: [[second.recipient]],
    } as const;
    const { text } = await updateRecipients(sealed, options);
    expect(await opens(text, second)).toBe(true);
    expect(ciphertexts(text)!.filter((one) => sealed.includes(one))).toEqual([]);
    const json = await updateRecipients(sealed, { ...options, outputFormat: "json" });
    const opened = await decrypt(json.text, { format: "json", identities: [second.identity] });
    expect(opened.data).toEqual((await decrypt(sealed, { format, identities: [first.identity] })).data);
    const [mac, other] = [/mac: (ENC.*)/.exec(sealed)![1]!, /mac: (ENC.*)/.exec(text)![1]!];
    const tampered = sealed.replace(mac, other);
    await expect(updateRecipients(tampered, options)).rejects.toMatchObject({ code: "mac_mismatch" });
    const ignoring = await updateRecipients(tampered, { ...options, ignoreMac: true });
    expect(await opens(ignoring.text, second)).toBe(true);
  });

  it("refuses what does not go together", async () => {
    const options = { format, identities: both } as const;
    for (const wrong of [
      { keyGroups: [[first.recipient]], add: [second.recipient] },
      { keyGroups: [[first.recipient]], newDataKey: true, allowedRecipients: [] },
      { shamirThreshold: 2, add: [second.recipient] },
      { layout: "sops" as const, add: [second.recipient] },
      { ignoreMac: true, keyGroups: [[first.recipient]] },
      { keyGroups: ["age1"] as never },
    ]) {
      await expect(updateRecipients(sealed, { ...options, ...wrong } as never)).rejects.toMatchObject({
        code: "invalid_option",
      });
    }
    for (const keyGroups of [[[]], [[first.recipient], []]]) {
      await expect(updateRecipients(sealed, { ...options, keyGroups })).rejects.toMatchObject({
        code: "no_recipients",
      });
    }
  });
});
