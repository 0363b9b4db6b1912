/** What both sides of a merge changed: values, comments, lists, documents, readers, the rule, the data key. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unmerged } from "@isosops/core/merge";
import { afterAll, describe, expect, test } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import {
  decrypt,
  edit,
  encrypt,
  extract,
  generateIdentity,
  get,
  inspect,
  merge,
  mergeWithoutKey,
  openConflicts,
  openToEdit,
  repair,
  reselect,
  set,
  updateRecipients,
  verify,
} from "../dist/index.js";

const me = await generateIdentity();
const you = await generateIdentity();
const third = await generateIdentity();
const identities = [me.identity];
const yaml = { format: "yaml", identities } as const;
const folder = mkdtempSync(join(tmpdir(), "isosops-merge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lock = async (source: string, options: object = {}) =>
  (await encrypt(source, { format: "yaml", recipients: [me.recipient], ...options })).text;

/** The file with another plain text, as an editor leaves it. */
async function rewrite(source: string, change: (plain: string) => string, options = yaml): Promise<string> {
  const opened = await openToEdit(source, options);
  return (await opened.seal(change(new TextDecoder().decode(opened.bytes)))).text;
}

const plainOf = async (source: string, options = yaml) => (await decrypt(source, options)).text;
const readersOf = async (source: string) =>
  (await inspect(source, { format: "yaml" }))!.keyGroups.flat().map(({ fields }) => fields.get("recipient"));

describe("the text", () => {
  const source = `# What the app needs.
db:
    # Ask Ann.
    password: hunter2   # old
    user: app

    port: 5432
hosts: [one, two]
containers:
- name: web
  image: a
- name: job
  image: b
`;

  test("has our layout, the lines that they added, and what both changed next to each other", async () => {
    const base = await lock(source);
    const ours = await rewrite(base, (text) =>
      text
        .replace("hunter2", "hunter3")
        .replace("image: b\n", "image: b\n- name: log\n  image: c\n")
        .replace("hosts: [one, two]", "hosts:   [one, two, three]"),
    );
    const theirs = await rewrite(base, (text) =>
      text
        .replace("user: app", "user: ann")
        .replace("    port: 5432\n", "    # The new one.\n    port: 5433\n    tls:\n        on: true\n")
        .replace("- name: job\n", "- name: cron\n  image: d\n- name: job\n")
        .replace("# Ask Ann.", "# Ask Bob."),
    );
    const { text, conflicts, warnings } = await merge({ base, ours, theirs, ...yaml });
    expect(conflicts).toEqual([]);
    expect(warnings).toEqual([]);
    expect(await plainOf(text)).toBe(`# What the app needs.
db:
    # Ask Bob.
    password: hunter3   # old
    user: ann

    # The new one.
    port: 5433
    tls:
        on: true
hosts:   [one, two, three]
containers:
- name: web
  image: a
- name: cron
  image: d
- name: job
  image: b
- name: log
  image: c
`);
    const known = new Set([...ours.split("\n"), ...theirs.split("\n")]);
    const fresh = text.split("\n").filter((line) => !known.has(line) && !line.startsWith("    lastmodified:"));
    expect(fresh).toEqual([expect.stringMatching(/^ {4}mac: ENC/)]);
  });

  test("has what they removed no more, and what they moved in its new place", async () => {
    const base = await lock("a: 1\nb: 2\n# of c\nc: 3\nd: 4\n");
    const ours = await rewrite(base, (text) => text.replace("a: 1", "a: 10"));
    const theirs = await rewrite(base, () => "d: 4\na: 1\n# of c\nc: 3\n");
    const { text, conflicts } = await merge({ base, ours, theirs, ...yaml });
    expect(conflicts).toEqual([]);
    expect(await plainOf(text)).toBe("d: 4\na: 10\n# of c\nc: 3\n");
  });

  test("follows keys that one side renamed or moved, and the other changed", async () => {
    const base = await lock("db:\n    password: hunter2\n    user: app\nother:\n    x: long value\n");
    const ours = await rewrite(base, (text) => text.replace("password", "secret"));
    const theirs = await rewrite(base, (text) => text.replace("hunter2", "hunter3"));
    for (const sides of [
      { ours, theirs },
      { ours: theirs, theirs: ours },
    ]) {
      const { text, conflicts } = await merge({ base, ...sides, ...yaml });
      expect(conflicts).toEqual([]);
      expect(await get(text, { ...yaml, path: [] })).toEqual({
        db: { secret: "hunter3", user: "app" },
        other: { x: "long value" },
      });
    }
    const moved = await rewrite(base, () => "db:\n    user: app\nother:\n    x: long value\n    password: hunter2\n");
    const { text, conflicts } = await merge({ base, ours: moved, theirs, ...yaml });
    expect(conflicts).toEqual([]);
    expect(await get(text, { ...yaml, path: ["other", "password"] })).toBe("hunter3");
    expect(text).not.toContain("hunter");
  });

  test("merges documents by what they are, wherever they are", async () => {
    const object = (name: string, value: string) =>
      `apiVersion: v1\nkind: Secret\nmetadata:\n    name: ${name}\nstringData:\n    token: ${value}\n`;
    const rule = { encryptedRegex: "^stringData$" };
    const base = await lock(`${object("a", "one")}---\n${object("b", "two")}`, rule);
    const ours = await rewrite(base, () => `${object("b", "two")}---\n${object("a", "changed")}`);
    const theirs = await rewrite(
      base,
      () => `${object("a", "one")}---\n${object("b", "other")}---\n${object("c", "new")}`,
    );
    const { text, conflicts } = await merge({ base, ours, theirs, ...yaml });
    expect(conflicts).toEqual([]);
    const tokens = [...(await plainOf(text))!.matchAll(/name: (\w+)|token: (\w+)/g)].map(
      ([, name, token]) => name ?? token,
    );
    expect(tokens).toEqual(["b", "other", "c", "new", "a", "changed"]);
  });

  test("merges the lines of a file that is one value", async () => {
    const binary = { format: "binary", identities } as const;
    const base = await lock("one\ntwo\nthree\nfour\n", { format: "binary" });
    const change = async (from: string, to: string) => {
      const opened = await openToEdit(base, binary);
      return (await opened.seal(new TextDecoder().decode(opened.bytes).replace(from, to))).text;
    };
    const [ours, theirs] = [await change("one", "1"), await change("four", "4")];
    const { text, conflicts } = await merge({ base, ours, theirs, ...binary });
    expect(conflicts).toEqual([]);
    expect((await decrypt(text, binary)).text).toBe("1\ntwo\nthree\n4\n");
    const both = await merge({ base, ours, theirs: await change("one", "uno"), ...binary });
    expect(both.conflicts).toHaveLength(1);
    const opened = await openConflicts(both.text, binary);
    expect((await decrypt((await opened.resolve(["theirs"])).text, binary)).text).toBe("uno\ntwo\nthree\nfour\n");
  });
});

describe("readers", () => {
  const options = { ...yaml, format: "yaml" } as const;

  test("are merged as sets, and keep their entries", async () => {
    const base = await lock("a: 1\nb: 2\n");
    const { text: withYou } = await updateRecipients(base, { ...options, add: [you.recipient] });
    const { text: withThird } = await updateRecipients(base, { ...options, add: [third.recipient] });
    const ours = await rewrite(withYou, (text) => text.replace("1", "10"));
    const theirs = await rewrite(withThird, (text) => text.replace("2", "20"));
    const { text } = await merge({ base, ours, theirs, ...yaml });
    expect(await readersOf(text)).toEqual([me.recipient, you.recipient, third.recipient]);
    const entry = (from: string, recipient: string) =>
      from
        .split("- enc: |")
        .find((part) => part.includes(recipient))!
        .split("recipient")[0];
    expect(entry(text, third.recipient)).toBe(entry(theirs, third.recipient));
    for (const { identity } of [me, you, third]) {
      expect((await decrypt(text, { format: "yaml", identities: [identity] })).data).toEqual({ a: 10, b: 20 });
    }
  });

  test("stay removed, and cannot read what is written with the new data key", async () => {
    const base = await lock("a: 1\nb: 2\n", { recipients: [me.recipient, you.recipient] });
    const { text: without } = await updateRecipients(base, { ...options, remove: [you.recipient] });
    const changed = await rewrite(base, (text) => text.replace("2", "20"));
    for (const [ours, theirs] of [
      [without, changed],
      [changed, without],
    ] as const) {
      const { text } = await merge({ base, ours, theirs, ...yaml });
      expect(await readersOf(text)).toEqual([me.recipient]);
      expect((await decrypt(text, yaml)).data).toEqual({ a: 1, b: 20 });
      // Every ciphertext is new: with the data key that the removed reader knows, none opens.
      const old = new Set(`${base}${changed}${without}`.match(/ENC\[[^\]]*\]/g));
      expect(text.match(/ENC\[[^\]]*\]/g)!.filter((one) => old.has(one))).toEqual([]);
    }
  });

  test("that only their side has get no data key, unless allowed", async () => {
    const base = await lock("a: 1\nb: 2\n", { recipients: [me.recipient, you.recipient] });
    const { text: ours } = await updateRecipients(base, { ...options, remove: [you.recipient] });
    // Without a key, an entry can be inserted that opens nothing.
    const entry = /- enc: \|[\s\S]*?recipient: \S+\n/.exec(base)![0];
    const theirs = base.replace(entry, `${entry}        ${entry.replace(me.recipient, third.recipient)}`);
    expect(await readersOf(theirs)).toContain(third.recipient);
    const changed = await rewrite(theirs, (text) => text.replace("2", "20"));
    await expect(merge({ base, ours, theirs: changed, ...yaml })).rejects.toMatchObject({
      code: "unknown_recipient",
      message: expect.stringContaining(third.recipient),
    });
    const { text } = await merge({ base, ours, theirs: changed, ...yaml, allowedRecipients: [third.recipient] });
    expect((await decrypt(text, { format: "yaml", identities: [third.identity] })).data).toEqual({ a: 1, b: 20 });
  });

  test("a data key that their side made up is not taken", async () => {
    const base = await lock("a: 1\nb: 2\n");
    const { text: theirs } = await updateRecipients(base, {
      ...options,
      newDataKey: true,
      allowedRecipients: [me.recipient],
    });
    const ours = await rewrite(base, (text) => text.replace("1", "10"));
    const changed = await rewrite(theirs, (text) => text.replace("2", "20"));
    const { text } = await merge({ base, ours, theirs: changed, ...yaml });
    expect((await decrypt(text, yaml)).data).toEqual({ a: 10, b: 20 });
    const enc = (source: string) => /BEGIN AGE[\s\S]*?END AGE/.exec(source)![0];
    expect([base, changed].map(enc)).not.toContain(enc(text));
    // Ours is kept: theirs is the old one.
    const { text: back } = await merge({ base, ours: changed, theirs: ours, ...yaml });
    expect(enc(back)).toBe(enc(changed));
    expect((await decrypt(back, yaml)).data).toEqual({ a: 10, b: 20 });
  });

  test("of several key groups are merged group by group", async () => {
    const keyGroups = (...groups: string[][]) => groups;
    const groups = keyGroups([me.recipient], [you.recipient]);
    const { age } = await import("../dist/index.js");
    const wrappers = groups.map((group) => group.map((recipient) => age(recipient)));
    const base = (await encrypt("a: 1\nb: 2\n", { format: "yaml", keyGroups: wrappers })).text;
    const both = { format: "yaml", identities: [me.identity, you.identity] } as const;
    const { text: more } = await updateRecipients(base, {
      ...both,
      keyGroups: [[me.recipient, third.recipient], [you.recipient]],
    });
    const ours = await set(base, { ...both, path: ["a"], value: 10 });
    const theirs = await set(more, { ...both, path: ["b"], value: 20 });
    const { text } = await merge({ base, ours: ours.text, theirs: theirs.text, ...both });
    expect((await decrypt(text, { format: "yaml", identities: [third.identity, you.identity] })).data).toEqual({
      a: 10,
      b: 20,
    });
  });
});

test("many conflicts take no more than a few, but where somebody looks at each", async () => {
  const { yaml: store } = await import("@isosops/formats/yaml");
  const parsed = async (count: number) => {
    const source = Array.from({ length: count }, (_, index) => `a${index}: x\nb${index}: y\n`).join("");
    const base = await lock(source);
    const ours = await rewrite(base, (text) => text.replaceAll("x", "ours"));
    const theirs = await rewrite(base, (text) => text.replaceAll("x", "theirs"));
    const { text } = await merge({ base, ours, theirs, ...yaml });
    let times = 0;
    const counted: typeof store = {
      ...store,
      parse(...given) {
        times++;
        return store.parse(...given);
      },
    };
    const { conflicts, resolve } = await openConflicts(text, { format: counted, identities });
    const resolved = await resolve(conflicts.map(() => "theirs" as const));
    expect(conflicts).toHaveLength(count);
    expect(conflicts.at(-1)!.differences).toMatchObject([{ path: [`a${count - 1}`], ours: { text: "ours" } }]);
    expect(await plainOf(resolved.text)).toBe(source.replaceAll("x", "theirs"));
    return times;
  };
  expect(await parsed(20)).toBe(await parsed(2));
});

test("a reader that one side removed does not come back from the key group to which the other moved it", async () => {
  const { age } = await import("../dist/index.js");
  const groups = (...all: (readonly { recipient: string }[])[]) =>
    all.map((group) => group.map(({ recipient }) => age(recipient)));
  const both = { format: "yaml", identities: [me.identity, third.identity] } as const;
  const base = (await encrypt("a: 1\nb: 2\n", { format: "yaml", keyGroups: groups([me, you], [third]) })).text;
  const changed = (source: string, keyGroups: ReturnType<typeof groups>) =>
    updateRecipients(source, { ...both, keyGroups }).then(({ text }) => text);
  const moved = await changed(base, groups([me], [third, you]));
  const removed = await changed(base, groups([me], [third]));
  for (const [ours, theirs] of [
    [moved, removed],
    [removed, moved],
  ] as const) {
    const { text } = await merge({
      base,
      ours: (await set(ours, { ...both, path: ["a"], value: 10 })).text,
      theirs,
      ...both,
      allowedRecipients: [you.recipient],
    });
    expect(await readersOf(text)).toEqual([me.recipient, third.recipient]);
    expect((await decrypt(text, both)).data).toEqual({ a: 10, b: 2 });
  }
});

describe("the rule", () => {
  test("of one side is taken, and what it leaves in plain text there", async () => {
    const base = await lock("password: hunter2\nnote: hello there\n");
    const ours = (await reselect(base, { ...yaml, deselect: ["note"] })).text;
    const theirs = await rewrite(base, (text) => text.replace("hunter2", "hunter3"));
    for (const sides of [
      { ours, theirs },
      { ours: theirs, theirs: ours },
    ]) {
      const { text, warnings } = await merge({ base, ...sides, ...yaml });
      expect(warnings).toEqual([]);
      expect(text).toContain("note: hello there");
      expect(text).not.toContain("hunter");
    }
  });

  test.each([
    ["a new value of the other side", (text: string) => text.replace("hello there", "new secret")],
    ["a value that the other side added", (text: string) => `${text}token: new secret\n`],
    ["a comment that the other side added", (text: string) => `${text}# new secret\ntoken: x\n`],
    ["a value that the other side moved", (text: string) => text.replace("note: hello there", "memo: new secret")],
  ])("never puts %s in plain text", async (_, change) => {
    const base = await lock("password: hunter2\nnote: hello there\n");
    const opened = await openToEdit(base, { ...yaml, showMasterKeys: true });
    const shown = new TextDecoder().decode(opened.bytes);
    const small = (await opened.seal(shown.replace("unencrypted_suffix: _unencrypted", "encrypted_regex: ^password$")))
      .text;
    expect(small).toContain("note: hello there");
    const theirs = await rewrite(base, change);
    for (const sides of [
      { ours: small, theirs },
      { ours: theirs, theirs: small },
    ]) {
      const { text, conflicts, warnings } = await merge({ base, ...sides, ...yaml });
      expect(text).not.toContain("new secret");
      expect(text).not.toContain("hunter");
      if (conflicts.length > 0) continue;
      expect(await plainOf(text)).toContain("new secret");
      expect(warnings.map(({ code }) => code)).toEqual(["rule"]);
    }
  });

  test("by comments marks the same values after a merge", async () => {
    const rule = { encryptedCommentRegex: "sops:encrypt" };
    const base = await lock("# sops:encrypt\na: first secret\nb: plain\n# sops:encrypt\nc: third secret\n", rule);
    const ours = await rewrite(base, (text) => text.replace("b: plain\n", "# sops:encrypt\nd: new secret\nb: other\n"));
    const theirs = await rewrite(base, (text) => `${text.replace("third", "changed")}# sops:encrypt\ne: last secret\n`);
    for (const sides of [
      { ours, theirs },
      { ours: theirs, theirs: ours },
    ]) {
      const { text, conflicts } = await merge({ base, ...sides, ...yaml });
      expect(conflicts).toEqual([]);
      expect(text).not.toContain("secret\n");
      expect(text).toContain("b: other\n");
      expect(await get(text, { ...yaml, path: [] })).toEqual({
        a: "first secret",
        b: "other",
        c: "changed secret",
        d: "new secret",
        e: "last secret",
      });
    }
    // A side that takes the mark away leaves the value in plain text, if the other has not changed it.
    const unmarked = await rewrite(base, (text) => text.replace("# sops:encrypt\nc", "c"));
    expect((await merge({ base, ours: unmarked, theirs: ours, ...yaml })).text).toContain("c: third secret\n");
    const torn = await merge({ base, ours: unmarked, theirs, ...yaml });
    expect(torn.text).not.toContain("changed secret");
  });

  test("of both sides together encrypts what either encrypts", async () => {
    const base = await lock("a: first secret\nb: second secret\nc: third secret\n", { encryptedRegex: "^a$" });
    const ours = (await reselect(base, { ...yaml, select: ["b"] })).text;
    const theirs = (await reselect(base, { ...yaml, select: ["c"] })).text;
    const { text, warnings } = await merge({ base, ours, theirs, ...yaml });
    expect(text).not.toContain("secret\n");
    expect(warnings.map(({ code }) => code)).toEqual(["rule"]);
    expect(await plainOf(text)).toBe("a: first secret\nb: second secret\nc: third secret\n");
  });
});

describe("the rule of a file with conflicts", () => {
  test("is the same for both versions, and encrypts both", async () => {
    const base = await lock("a: 1\nb: hunter2\nc: x\n", { encryptedRegex: "^(a|b)$" });
    const opened = await openToEdit(base, { ...yaml, showMasterKeys: true });
    const narrower = new TextDecoder().decode(opened.bytes).replace("b: hunter2\n", "").replace("^(a|b)$", "^a$");
    const removed = (await opened.seal(narrower)).text;
    const changed = await rewrite(base, (text) => text.replace("hunter2", "hunter3"));
    for (const [ours, theirs, values] of [
      [removed, changed, ["a: 1\nc: x\n", "a: 1\nb: hunter3\nc: x\n"]],
      [changed, removed, ["a: 1\nb: hunter3\nc: x\n", "a: 1\nc: x\n"]],
    ] as const) {
      const { text, conflicts, warnings } = await merge({ base, ours, theirs, ...yaml });
      expect(conflicts).toEqual([{ path: ["b"], kind: "removed" }]);
      expect(warnings.map(({ code }) => code)).toEqual(["rule"]);
      const { resolve } = await openConflicts(text, yaml);
      const resolved = [(await resolve(["ours"])).text, (await resolve(["theirs"])).text];
      expect(resolved.join("")).not.toContain("hunter");
      expect([await plainOf(resolved[0]!), await plainOf(resolved[1]!)]).toEqual(values);
    }
  });

  test("refuses the comment that marks a value of one version, and the value of the other", async () => {
    const source = '# secret\nx: 1\n# secret\nm:\n  e: ""\n  k: v\n';
    const base = await lock(source, { encryptedCommentRegex: "secret" });
    const side = (comment: string, value: string) =>
      rewrite(base, (text) => text.replace("# secret\nm:", `# ${comment}\nm:`).replace("k: v", `k: ${value}`));
    const [ours, theirs] = [await side("plain", "v1"), await side("secret too", "v2")];
    const { text } = await merge({ base, ours, theirs, ...yaml });
    const { resolve } = await openConflicts(text, yaml);
    for (const choices of [["ours", "theirs"] as const, ["theirs", "ours"] as const]) {
      await expect(resolve(choices)).rejects.toMatchObject({
        code: "invalid_option",
        message: expect.stringContaining("comment"),
      });
    }
    expect(await plainOf((await resolve(["ours", "ours"])).text)).toBe(await plainOf(ours));
    expect(await plainOf((await resolve(["theirs", "theirs"])).text)).toBe(await plainOf(theirs));
  });
});

describe("each version's MAC is checked", () => {
  test.each(["base", "ours", "theirs"] as const)("%s", async (tampered) => {
    const base = await lock("a: 1\nb_unencrypted: 2\n");
    const [ours, theirs] = await Promise.all([
      rewrite(base, (text) => text.replace("a: 1", "a: 10")),
      rewrite(base, (text) => `${text}c: 3\n`),
    ]);
    const versions = { base, ours, theirs };
    versions[tampered] = versions[tampered].replace("b_unencrypted: 2", "b_unencrypted: 3");
    await expect(merge({ ...versions, ...yaml })).rejects.toMatchObject({
      code: "mac_mismatch",
      message: expect.stringContaining(`\`${tampered}\``),
    });
  });
});

const samples = {
  yaml: ["a:\n    password: hunter2\n    user: app\nb: x\n", "a:\n    password: NEW\n    user: app\nb: x\n"],
  json: ['{\n  "password": "hunter2",\n  "b": "x"\n}\n', '{\n  "password": "NEW",\n  "b": "x"\n}\n'],
  dotenv: ["A=x\nPASSWORD=hunter2\nB=x\n", "A=x\nPASSWORD=NEW\nB=x\n"],
  ini: ["[s]\npassword = hunter2\nb = x\n", "[s]\npassword = NEW\nb = x\n"],
  toml: ['password = "hunter2"\nb = "x"\n', 'password = "NEW"\nb = "x"\n'],
  xml: [
    "<r>\n  <password>hunter2</password>\n  <b>x</b>\n</r>\n",
    "<r>\n  <password>NEW</password>\n  <b>x</b>\n</r>\n",
  ],
  binary: ["hunter2\n", "NEW\n"],
} as const;

describe.each(Object.entries(samples))("a conflict in %s", (name, [before, after]) => {
  const format = name as keyof typeof samples;
  const options = { format, identities };
  const versions = (async () => {
    const base = await lock(before, { format });
    const side = async (value: string) => {
      const opened = await openToEdit(base, options);
      return (await opened.seal(after.replace("NEW", value))).text;
    };
    return { base, ours: await side("our-new-one"), theirs: await side("their-new-one") };
  })();

  test("has both values between markers, encrypted, and is refused until it is resolved", async () => {
    const { text, conflicts } = await merge({ ...(await versions), ...options });
    expect(conflicts).toHaveLength(1);
    expect(text).not.toMatch(/hunter2|new-one/);
    const markers = text.split("\n").filter((line) => /^(?:<{7}|={7}|>{7})/.test(line));
    expect(markers).toEqual(["<<<<<<< ours", "=======", expect.stringMatching(/^>>>>>>> theirs ENC\[/)]);
    const refused = expect.objectContaining({
      code: "syntax",
      message: expect.stringContaining("isosops git resolve"),
    });
    await expect(decrypt(text, options)).rejects.toThrow(refused);
    await expect(set(text, { ...options, path: ["b"], value: "y" })).rejects.toThrow(refused);
    await expect(encrypt(text, { format, recipients: [me.recipient] })).rejects.toThrow(refused);
    const { findings } = await verify(text, { format });
    expect(findings.map(({ level, message }) => [level, message])).toContainEqual([
      "error",
      expect.stringContaining("isosops git resolve"),
    ]);
  });

  test("is resolved by either version, or by another value", async () => {
    const sources = await versions;
    const { text } = await merge({ ...sources, ...options });
    const opened = await openConflicts(text, options);
    expect(opened.conflicts).toMatchObject([
      {
        differences: [
          {
            ours: { text: expect.stringContaining("our-new-one") },
            theirs: { text: expect.stringContaining("their-new-one") },
          },
        ],
      },
    ]);
    const ours = await opened.resolve(["ours"]);
    expect((await decrypt(ours.text, options)).text).toBe(after.replace("NEW", "our-new-one"));
    const theirs = await opened.resolve(["theirs"]);
    expect((await decrypt(theirs.text, options)).text).toBe(after.replace("NEW", "their-new-one"));
    const typed = await opened.resolve([{ value: "typed-one" }]);
    expect((await decrypt(typed.text, options)).text).toContain("typed-one");
    expect(typed.text).not.toMatch(/new-one|typed/);
  });

  test("that was changed by hand is refused", async () => {
    const { text } = await merge({ ...(await versions), ...options });
    const mac = />>>>>>> theirs (ENC\[\S+\])/.exec(text)![1]!;
    const [, data] = /data:([^,]+),/.exec(mac)!;
    const flipped = data!.startsWith("A") ? `B${data!.slice(1)}` : `A${data!.slice(1)}`;
    await expect(openConflicts(text.replace(mac, mac.replace(data!, flipped)), options)).rejects.toMatchObject({
      code: "mac_mismatch",
    });
    await expect(openConflicts(text.replace("=======\n", ""), options)).rejects.toMatchObject({ code: "syntax" });
  });
});

test.each([
  ["removed", "a: 1\nb: 2\n", "b: 2\n", "a: 10\nb: 2\n", ["a"]],
  ["removed", "a:\n    b: 2\n    c: 3\nd: 4\n", "d: 4\n", "a:\n    b: 20\n    c: 3\nd: 4\n", ["a"]],
  ["comment", "# one\na: 1\n", "# two\na: 1\n", "# three\na: 1\n", ["a"]],
  [
    "order",
    "l:\n- name: a\n- name: b\n- name: c\n",
    "l:\n- name: c\n- name: a\n- name: b\n",
    "l:\n- name: b\n- name: a\n- name: c\n",
    ["l"],
  ],
  ["value", "l: [1, 2]\n", "l: [1, 3, 4]\n", "l: [1, 5, 6, 7]\n", ["l", 1]],
  ["value", "a: 1\n", "a: {b: 1}\n", "a: [1]\n", ["a"]],
  ["value", "a: 1\n", "a: 1\nb: 2\n", "a: 1\nb: 3\n", ["b"]],
] as const)("what is in conflict: %s of %j", async (kind, before, mine, other, path) => {
  const base = await lock(before);
  const [ours, theirs] = await Promise.all([mine, other].map((text) => rewrite(base, () => text)));
  for (const sides of [
    { ours: ours!, theirs: theirs! },
    { ours: theirs!, theirs: ours! },
  ]) {
    const { text, conflicts } = await merge({ base, ...sides, ...yaml });
    expect(conflicts).toEqual([{ kind, path }]);
    const opened = await openConflicts(text, yaml);
    const plain = async (side: "ours" | "theirs") =>
      plainOf((await opened.resolve(opened.conflicts.map(() => side))).text);
    expect([await plain("ours"), await plain("theirs")]).toEqual([
      await plainOf(sides.ours),
      await plainOf(sides.theirs),
    ]);
  }
});

test("a large file takes no longer for each value than a small one", async () => {
  const time = async (count: number): Promise<number> => {
    const source = Array.from({ length: count }, (_, index) => `key${index}: value${index}\n`).join("");
    const base = await lock(source);
    const ours = await rewrite(base, (text) => text.replace(/(\d*[02468]: )value/g, "$1ours"));
    const theirs = await rewrite(base, (text) =>
      text.replace(/(\d*[13579]: )value/g, "$1theirs").replace(/key(\d*5): /g, "key$1: x\nnew$1: "),
    );
    const start = performance.now();
    const { conflicts } = await merge({ base, ours, theirs, ...yaml });
    expect(conflicts).toEqual([]);
    return (performance.now() - start) / count;
  };
  await time(100);
  const small = await time(1000);
  // Quadratic work would take eight times as long for each.
  await expect
    .poll(() => time(8000), { timeout: 50_000, interval: 0 })
    .toBeLessThan(4 * Math.max(small, await time(1000)));
});

test("a conflict about several values takes no single other one", async () => {
  const base = await lock("a: 1\nb: 2\nc: 3\n");
  const ours = await rewrite(base, () => "a: 10\nb: 20\nc: 3\n");
  const theirs = await rewrite(base, () => "a: 11\nb: 21\nc: 3\nd: 4\n");
  const { text, conflicts } = await merge({ base, ours, theirs, ...yaml });
  expect(conflicts.map(({ path }) => path)).toEqual([["a"], ["b"]]);
  const opened = await openConflicts(text, yaml);
  expect(opened.conflicts).toHaveLength(1);
  await expect(opened.resolve([{ value: 5 }])).rejects.toMatchObject({ code: "invalid_option" });
  expect(await plainOf((await opened.resolve(["theirs"])).text)).toBe("a: 11\nb: 21\nc: 3\nd: 4\n");
});

test("the data key of all versions is unwrapped once", async () => {
  const base = await lock("a: 1\n");
  const [ours, theirs] = [await rewrite(base, () => "a: 10\n"), await rewrite(base, () => "a: 11\n")];
  let count = 0;
  const counting = { ...yaml, onRecovered: () => void count++ };
  const { text } = await merge({ base, ours, theirs, ...counting });
  expect(count).toBe(1);
  const again = [await rewrite(ours, () => "a: 12\n"), await rewrite(theirs, () => "a: 13\n")] as const;
  await merge({ base: text, ours: again[0], theirs: again[1], ...counting });
  expect(count).toBe(2);
  const { resolve } = await openConflicts(text, counting);
  expect(await plainOf((await resolve([{ value: 12 }])).text)).toBe("a: 12\n");
  expect(count).toBe(3);
});

test("another value is for the first of several documents", async () => {
  const base = await lock("a: 1\n---\nb: 2\n");
  const sides = ["10", "11"].map((to) => rewrite(base, (text) => text.replace("a: 1", `a: ${to}`)));
  const [ours, theirs] = await Promise.all(sides);
  const { text } = await merge({ base, ours: ours!, theirs: theirs!, ...yaml });
  const { resolve } = await openConflicts(text, yaml);
  expect(await plainOf((await resolve([{ json: "12" }])).text)).toBe("a: 12\n---\nb: 2\n");
  const others = await Promise.all(
    ["20", "21"].map((to) => rewrite(base, (plain) => plain.replace("b: 2", `b: ${to}`))),
  );
  const second = await merge({ base, ours: others[0]!, theirs: others[1]!, ...yaml });
  const opened = await openConflicts(second.text, yaml);
  await expect(opened.resolve([{ value: 5 }])).rejects.toMatchObject({ code: "invalid_option" });
});

test("a base with conflicts, as Git makes of two bases, agrees with neither side", async () => {
  const root = await lock("a: 1\nb: 2\n");
  const change = (source: string, to: number) =>
    set(source, { ...yaml, path: ["a"], value: to }).then(({ text }) => text);
  const base = (
    await merge({ base: root, ours: await change(root, 10), theirs: await change(root, 20), ...yaml, markerSize: 9 })
  ).text;
  const [ten, twenty] = [await change(root, 10), await change(root, 20)];
  for (const [ours, theirs] of [
    [ten, twenty],
    [twenty, ten],
  ] as const) {
    const { conflicts } = await merge({ base, ours, theirs, ...yaml });
    expect(conflicts).toEqual([{ path: ["a"], kind: "value" }]);
  }
  const same = await merge({ base, ours: await change(root, 30), theirs: await change(root, 30), ...yaml });
  expect((await decrypt(same.text, yaml)).data).toEqual({ a: 30, b: 2 });
});

test.each([
  ["a comment", "# one\na: 1\n", "# two\na: 1\n", "# three\na: 1\n", "# four\na: 1\n"],
  ["a document", "a: 1\n---\nb: 2\n", "a: 1\n", "a: 1\n---\nb: 3\n", "a: 1\n---\nb: 4\n"],
])("a base with a conflict about %s agrees with neither side", async (_, before, first, second, other) => {
  const root = await lock(before);
  const [one, two, three] = await Promise.all([first, second, other].map((text) => rewrite(root, () => text)));
  for (const bases of [
    { ours: one!, theirs: two! },
    { ours: two!, theirs: one! },
  ]) {
    const base = (await merge({ base: root, ...bases, ...yaml })).text;
    for (const [ours, theirs] of [
      [one!, three!],
      [three!, one!],
      [two!, three!],
      [three!, two!],
    ] as const) {
      const { conflicts } = await merge({ base, ours, theirs, ...yaml });
      expect(conflicts).toHaveLength(1);
    }
  }
});

test("a base whose own versions could not be merged is refused as such", async () => {
  const [one, two] = [await lock("a: 1\n"), await lock("a: 2\n")];
  const base = unmerged(one, two);
  await expect(merge({ base, ours: one, theirs: two, ...yaml })).rejects.toMatchObject({
    code: "syntax",
    message: expect.stringContaining("could not be merged"),
  });
});

test("a list of more items than a call takes arguments", async () => {
  const base = await lock("password: x\nlist: [7]\n", { select: ["password"] });
  const long = await rewrite(base, (plain) => plain.replace("[7]", `[${Array.from({ length: 150_000 }).fill("1")}]`));
  const other = await rewrite(base, (plain) => plain.replace("x", "y"));
  const { text } = await merge({ base, ours: other, theirs: long, ...yaml });
  expect((await decrypt(text, yaml)).data).toMatchObject({ password: "y", list: { length: 150_000 } });
});

test("a file that both sides added has the keys of both", async () => {
  const [ours, theirs] = [
    await lock("a: 1\nb: 2\n"),
    await lock("b: 2\nc: 3\n", { recipients: [you.recipient, me.recipient] }),
  ];
  await expect(merge({ ours, theirs, ...yaml })).rejects.toMatchObject({ code: "unknown_recipient" });
  const { text, conflicts } = await merge({ base: "", ours, theirs, ...yaml, allowedRecipients: [you.recipient] });
  expect(conflicts).toEqual([]);
  expect((await decrypt(text, { format: "yaml", identities: [you.identity] })).data).toEqual({ a: 1, b: 2, c: 3 });
});

test("a side or a base in plain text becomes encrypted", async () => {
  const plain = "a: first secret\nb: second secret\n";
  const locked = await lock(plain);
  const changed = plain.replace("second", "another");
  for (const sides of [
    { ours: locked, theirs: changed },
    { ours: changed, theirs: locked },
  ]) {
    const { text } = await merge({ base: plain, ...sides, ...yaml });
    expect(text).not.toContain("secret\n");
    expect(await plainOf(text)).toBe(changed);
  }
  await expect(merge({ base: plain, ours: plain, theirs: changed, ...yaml })).rejects.toMatchObject({
    code: "not_encrypted",
  });
});

describe("without a key", () => {
  test("no program takes the result for a file with a MAC, and what takes a key is refused", async () => {
    const base = await lock("a: 1\nb: 2\n");
    const ours = await rewrite(base, (text) => text.replace("a: 1", "a: 10"));
    const theirs = await rewrite(base, (text) => text.replace("b: 2", "b: 20"));
    const { text, conflicts } = await mergeWithoutKey({ base, ours, theirs, format: "yaml", versions: "x y z" });
    expect(conflicts).toEqual([]);
    await expect(decrypt(text, yaml)).rejects.toMatchObject({
      code: "mac_missing",
      message: expect.stringContaining("isosops git repair"),
    });
    await expect(extract(text, { ...yaml, path: ["a"] })).rejects.toMatchObject({ code: "mac_missing" });
    await expect(edit(text, [{ set: ["a"], value: 1 }], yaml)).rejects.toMatchObject({ code: "mac_missing" });
    await expect(repair(text, yaml)).rejects.toMatchObject({ code: "mac_mismatch" });
    const { findings } = await verify(text, { format: "yaml" });
    expect(findings.filter(({ level }) => level === "error")).toMatchObject([
      { rule: "missing-mac", message: expect.stringContaining("isosops git repair") },
    ]);
    const { text: rotated } = await updateRecipients(ours, {
      ...yaml,
      newDataKey: true,
      allowedRecipients: [me.recipient],
    });
    await expect(mergeWithoutKey({ base, ours: rotated, theirs, format: "yaml", versions: "" })).rejects.toMatchObject({
      code: "no_identities",
    });
    const narrow = await lock("a: 1\nb: 2\n", { encryptedRegex: "^a$" });
    await expect(mergeWithoutKey({ base, ours, theirs: narrow, format: "yaml", versions: "" })).rejects.toMatchObject({
      code: "no_identities",
    });
  });

  test("a conflict has markers, without a MAC", async () => {
    const base = await lock("a: 1\nb: 2\n");
    const [ours, theirs] = await Promise.all(["10", "20"].map((to) => rewrite(base, (text) => text.replace("1", to))));
    const { text, conflicts } = await mergeWithoutKey({
      base,
      ours: ours!,
      theirs: theirs!,
      format: "yaml",
      versions: "x",
    });
    expect(conflicts).toEqual([{ path: ["a"], kind: "value" }]);
    expect(text).toMatch(/^>>>>>>> theirs -$/m);
    const opened = await openConflicts(text, yaml);
    for (const side of ["ours", "theirs"] as const)
      await expect(opened.resolve([side])).rejects.toMatchObject({ code: "mac_missing" });
  });

  test.each(findSops())("sops $version refuses it", async ({ path: sops }) => {
    const base = await lock("a: 1\nb: 2\n");
    const ours = await rewrite(base, (text) => text.replace("a: 1", "a: 10"));
    const theirs = await rewrite(base, (text) => text.replace("b: 2", "b: 20"));
    const { text } = await mergeWithoutKey({ base, ours, theirs, format: "yaml", versions: "x y z" });
    const file = join(folder, "keyless.yaml");
    writeFileSync(file, text);
    const run = () =>
      execFileSync(sops, ["decrypt", file], {
        env: { PATH: "", HOME: folder, SOPS_AGE_KEY: me.identity },
        encoding: "utf8",
        stdio: "pipe",
      });
    expect(run).toThrow(/merged without a key, which isosops git repair checks/);
  });
});
