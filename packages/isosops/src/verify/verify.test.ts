import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CreationRule } from "../index.js";
import {
  encrypt,
  type Finding,
  type FindingRule,
  findCreationRule,
  findingRules,
  parseConfig,
  verify,
} from "../index.js";

type Format = "yaml" | "json" | "dotenv" | "ini" | "binary";

interface GoodCase {
  format: Format;
  options: Record<string, string | boolean>;
  recipients: string[];
  sops: Record<string, { encrypt: { exit: number }; decrypt?: object }>;
}

const vectors = new URL("../../../../test-vectors/", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, vectors), "utf8");
const keyOf = (name: string): string => /age1\w+/.exec(read(`keys/${name}.txt`))![0];
const [one, two] = [keyOf("first"), keyOf("second")];

/** All that sops wrote, of all versions. */
const good = readdirSync(new URL("data/good/", vectors)).flatMap((name) => {
  const description = JSON.parse(read(`data/good/${name}/case.json`)) as GoodCase;
  const files = readdirSync(new URL(`data/good/${name}/`, vectors)).filter((file) => file.startsWith("encrypted-"));
  return files.map((file) => ({ name, file, ...description, text: read(`data/good/${name}/${file}`) }));
});

/** What is found where nothing is wrong, and a person should look all the same. */
const warned: Record<string, FindingRule> = {
  "rule-nothing": "nothing-encrypted",
  // sops 3.9.4 followed a rule there, and left the one value plain.
  "binary-rule": "nothing-encrypted",
  "looks-encrypted": "unexpected-ciphertext",
};

async function find(text: string, format: Format | "toml", creationRule?: CreationRule): Promise<readonly Finding[]> {
  const { findings } = await verify(text, { format, filename: "file", creationRule });
  for (const { message } of findings) {
    for (const secret of text.match(/(?<=data:)[\w+/=]{8,}/g) ?? []) expect(message).not.toContain(secret);
    expect(message).not.toContain("hunter2");
    expect(message).not.toContain("BEGIN AGE ENCRYPTED FILE-----\n");
  }
  return findings;
}

const names = (findings: readonly Finding[]): string[] => findings.map(({ rule }) => rule);

describe("nothing is found", () => {
  test("in what any version of sops wrote", async () => {
    expect(good.length).toBeGreaterThan(300);
    for (const { name, file, format, text } of good) {
      const findings = await find(text, format);
      expect([name, file, findings.filter(({ level }) => level === "error")]).toEqual([name, file, []]);
      const isWarned = name !== "binary-rule" || file.includes("3.9.4");
      expect([name, file, names(findings)]).toEqual([name, file, isWarned && warned[name] ? [warned[name]] : []]);
    }
  });

  test("in files with keys of all kinds, and in those of rops", async () => {
    for (const name of readdirSync(new URL("data/carried/", vectors))) {
      const format = name.startsWith("json") ? "json" : "yaml";
      expect(await find(read(`data/carried/${name}/encrypted.${format}`), format)).toEqual([]);
    }
    const ofRops = readdirSync(new URL("rops/data/", vectors));
    expect(ofRops.length).toBeGreaterThan(2);
    for (const name of ofRops) expect(await find(read(`rops/data/${name}/encrypted.toml`), "toml")).toEqual([]);
  });

  test.each(["preserve", "sops"] as const)("in what we write, layout %s", async (layout) => {
    const seen = new Set<string>();
    for (const { name, format, options, recipients, sops } of good) {
      if (seen.has(name) || sops["3.13.3"]?.encrypt.exit !== 0 || format === "binary") continue;
      seen.add(name);
      const source = JSON.parse(read(`data/good/${name}/case.json`)).source as string | undefined;
      const ending = { yaml: "yaml", json: "json", dotenv: "env", ini: "ini" }[format];
      const plain = read(source === undefined ? `data/good/${name}/plain.${ending}` : `../${source}`);
      // Sops does not open what it writes there.
      if (layout === "sops" && sops["3.13.3"]?.decrypt !== undefined) continue;
      const locked = await encrypt(plain, {
        ...options,
        format,
        layout,
        allowLoss: true,
        recipients: recipients.map(keyOf),
      });
      const findings = await find(locked.text, format);
      expect([name, findings.filter(({ level }) => level === "error")]).toEqual([name, []]);
      expect([name, names(findings)]).toEqual([name, warned[name] ? [warned[name]] : []]);
    }
    expect(seen.size).toBeGreaterThan(130);
  });
});

/** A file of sops, by the name of its vector. */
function vector(name: string): { text: string; format: Format } {
  const found = good.find((item) => item.name === name && item.file.includes("3.13.3"))!;
  return { text: found.text, format: found.format };
}

/** Replaces what must be there. */
function edit(text: string, pattern: string | RegExp, replacement: string): string {
  const edited = text.replace(pattern, replacement);
  if (edited === text) throw new Error(`nothing to edit: ${pattern}`);
  return edited;
}

const value = /ENC\[[^\]]*\]/;
const config = async (text: string): Promise<CreationRule> =>
  (await findCreationRule(await parseConfig(`creation_rules:\n  - path_regex: .\n${text}`), "file"))!;

describe("each kind of finding, in a file of sops that was edited", () => {
  type Edit = [name: string, from: string, change: (text: string) => string, line: number | undefined, rule?: string];
  const edits: Record<Exclude<FindingRule, "syntax" | "wrong-mac">, Edit[]> = {
    "plain-value": [
      ["a value replaced", "nested", (text) => edit(text, value, "hunter2"), 2],
      ["a number added", "rule-default", (text) => `added: 2\n${text}`, 1],
      ["a bool added to JSON", "json-nested", (text) => edit(text, "{", '{"added": true,'), 1],
      ["a line added to ENV", "env-basic", (text) => `ADDED=hunter2\n${text}`, 1],
      ["a key added to INI", "ini-basic", (text) => `added = hunter2\n${text}`, 1],
      ["text before a value", "nested", (text) => edit(text, "ENC[", "hunter ENC["), 2],
      ["a document added", "documents", (text) => edit(text, "\n---\n", "\n---\nadded: hunter2\n---\n"), 0],
    ],
    "plain-comment": [
      ["a comment replaced", "comments", (text) => edit(text, /#ENC\[[^\]]*\]/, "# hunter2"), 0],
      ["a comment that go-yaml reads for nobody", "nested", (text) => `${text}... # hunter2\n`, 0],
      ["a comment behind a directive", "nested", (text) => `%YAML 1.1 # hunter2\n---\n${text}`, 1],
    ],
    "plain-text": [
      [
        "text behind a quoted value in INI",
        "ini-basic",
        (text) => edit(text, /^(\w+ *= )(ENC\[.*\])$/m, "$1`$2` hunter2"),
        0,
      ],
      ["an earlier value put in", "ini-basic", (text) => edit(text, /^(\w+) *= ENC\[.*\]$/m, "$1 = hunter2\n$&"), 0],
    ],
    // No format of sops has any; see below.
    "stray-text": [],
    "nothing-encrypted": [
      [
        "a rule misspelled, all plain",
        "rule-encrypted-regex",
        (text) => edit(plainValues(text), /(?<=_regex: ).*/, "^Hunter$"),
        0,
      ],
    ],
    "unexpected-ciphertext": [
      ["a key renamed", "rule-default", (text) => edit(text, /^(\w+)(?=: ENC)/m, "$1x_unencrypted"), 1],
      [
        "a rule replaced",
        "json-nested",
        (text) => edit(text, /"unencrypted_suffix": "\w+"/, '"encrypted_regex": "^zzz$"'),
        0,
      ],
    ],
    "malformed-value": [
      ["a tag cut", "nested", (text) => edit(text, /(?<=tag:)[\w+/]{4}/, ""), 2],
      ["a tag too long", "nested", (text) => edit(text, /(?<=tag:)/, "AAAA"), 2],
      ["an iv cut", "json-nested", (text) => edit(text, /(?<=iv:)[\w+/]{4}/, ""), 0],
      ["no base64", "nested", (text) => edit(text, /(?<=data:)./, "%"), 2],
      ["one character less", "nested", (text) => edit(text, /(?<=iv:)./, ""), 2],
      ["a bracket cut", "env-basic", (text) => edit(text, /(?<=DB_HOST=.*)\](?=\n)/, ""), 2],
      ["text behind it", "nested", (text) => edit(text, /(ENC\[[^\]]*\])/, "$1hunter2"), 2],
      ["text in brackets behind it", "nested", (text) => edit(text, /(ENC\[[^\]]*\])/, "$1[hunter2]"), 2],
      ["an unknown type", "ini-basic", (text) => edit(text, "type:str", "type:text"), 0],
      ["another cipher", "nested", (text) => edit(text, "AES256_GCM", "AES128_GCM"), 2],
      ["a comment for a value", "rule-default", (text) => edit(text, "type:str", "type:comment"), 0],
      ["white space before it", "env-basic", (text) => edit(text, "=ENC", "= ENC"), 2],
    ],
    "malformed-comment": [
      ["a comment cut", "comments", (text) => edit(text, /(?<=#ENC\[[^\]]*tag:)[\w+/]{4}/, ""), 0],
      ["a space put before it", "comments", (text) => edit(text, "#ENC[", "# ENC["), 0],
      ["a value commented out", "rule-default", (text) => edit(text, /^name: (ENC\[.*\])$/m, "#$1\nname: ''"), 1],
    ],
    "missing-block": [
      [
        "the block cut from a document",
        "documents",
        (text) => edit(text, /(?<=---\n[\s\S]*?)^sops:\n(?: .*\n)+/m, ""),
        0,
      ],
      ["the block cut from a file", "nested", (text) => edit(text, /^sops:\n(?: .*\n)+/m, ""), 2],
      ["the lines cut from ENV", "env-basic", (text) => edit(text, /^sops_.*\n/gm, ""), 2],
      ["a document added", "documents", (text) => edit(text, "\n---\n", "\n---\na:\n---\n"), 0],
    ],
    "different-blocks": [
      ["a document of another file", "documents", (text) => edit(text, /(?<=---\n[\s\S]*lastmodified: ")20/, "19"), 0],
    ],
    metadata: [
      ["no lastmodified", "nested", (text) => edit(text, / +lastmodified: .*\n/, ""), 0],
      ["an invalid lastmodified", "json-nested", (text) => edit(text, /(?<="lastmodified": ")/, "x"), 0],
      ["no version", "nested", (text) => edit(text, / +version: .*\n/, ""), 0],
      ["an invalid version", "env-basic", (text) => edit(text, /(?<=sops_version=).*/, "new"), 0],
      ["a list for a value", "nested", (text) => edit(text, /(?<=lastmodified: ).*/, "[1]"), 0],
      ["a second block", "json-nested", (text) => edit(text, "{", '{"sops": {"mac": ""},'), 0],
      ["a threshold too high", "key-groups", (text) => edit(text, /(?<=shamir_threshold: ).*/, "9"), 0],
    ],
    "invalid-rule": [
      ["two rules", "nested", (text) => edit(text, / +unencrypted_suffix: /, "    encrypted_regex: a\n$&"), 0],
      ["no RE2", "rule-encrypted-regex", (text) => edit(text, /(?<=encrypted_regex: ).*/, "(?=a)"), 0],
    ],
    "missing-mac": [
      ["no MAC", "nested", (text) => edit(text, / +mac: .*\n/, ""), 0],
      ["an empty MAC", "ini-basic", (text) => edit(text, /(?<=^mac += ).*/m, ""), 0],
    ],
    "malformed-mac": [
      ["a MAC cut", "nested", (text) => edit(text, /(?<=mac: .*tag:)[\w+/]{4}/, ""), 0],
      ["a MAC of another type", "nested", (text) => edit(text, /(mac: .*)type:str/, "$1type:int"), 0],
    ],
    "no-keys": [
      ["no age", "nested", (text) => edit(text, / {4}age:\n(?: {8}.*\n)+/, ""), 0],
      ["an empty list", "json-nested", (text) => edit(text, /"age": \[[^\]]*\]/, '"age": []'), 0],
      ["an empty key group", "key-groups", (text) => edit(text, /- age:\n(?: {12}.*\n)+/, "- age: []\n"), 0],
    ],
    "malformed-key": [
      ["no enc", "nested", (text) => edit(text, /enc: \|\n(?: {12}.*\n)+/, "note: x\n"), 0],
      ["no recipient", "nested", (text) => edit(text, / +recipient: .*\n/, ""), 0],
      ["a recipient mistyped", "nested", (text) => edit(text, /(?<=recipient: age1)./, "b"), 0],
      ["an armor line lost", "nested", (text) => edit(text, /(BEGIN AGE.*\n) .*\n/, "$1"), 0],
      ["the last armor line lost", "nested", (text) => edit(text, / .*\n( +-----END)/, "$1"), 0],
      ["an armor without end", "nested", (text) => edit(text, / +-----END AGE.*\n/, ""), 0],
      ["armor in JSON", "json-nested", (text) => edit(text, "-----BEGIN AGE", "-----BEGINN AGE"), 0],
      ["armor in ENV", "env-basic", (text) => edit(text, "-----\\n", "-----\\n%"), 0],
      ["a text for a list", "json-nested", (text) => edit(text, /"age": \[[^\]]*\]/, '"age": "x"'), 0],
    ],
    "missing-recipient": [["one recipient of two", "nested", (text) => text, undefined, `    age: ${one},${two}\n`]],
    "extra-recipient": [
      ["two recipients of one", "two-recipients", (text) => text, 0, `    age: ${two}\n`],
      ["a recipient swapped", "nested", (text) => edit(text, one, two), 0, `    age: ${one}\n`],
    ],
    "different-rule": [
      ["no rule", "nested", (text) => text, 0, "    encrypted_regex: ^a$\n"],
      ["another pattern", "rule-encrypted-regex", (text) => text, 0, "    encrypted_regex: ^another$\n"],
      ["another MAC", "nested", (text) => text, undefined, "    mac_only_encrypted: true\n"],
      [
        "more key groups",
        "nested",
        (text) => text,
        0,
        `    key_groups:\n      - age: [${one}]\n      - age: [${one}]\n`,
      ],
      ["fewer key groups", "key-groups", (text) => text, 0, `    age: ${one}\n`],
      [
        "another threshold",
        "key-groups",
        (text) => text,
        0,
        `    shamir_threshold: 3\n    key_groups:\n      - age: [${one}]\n      - age: [${two}]\n      - age: [${one}]\n`,
      ],
    ],
    "not-encrypted": [
      ["a plain file", "nested", () => "user: hunter2\n", 1, "    encrypted_regex: user\n"],
      ["plain JSON", "nested", () => '{\n"user": {"b": [1]}}\n', 2, "    unencrypted_suffix: x\n"],
    ],
  };

  test("a value that the document type of XML declares, which no rule selects", async () => {
    const { text } = await encrypt("<a><b>x</b></a>\n", { format: "xml", recipients: [one] });
    const declared = `<!DOCTYPE a [\n<!ATTLIST a c CDATA "hunter2">\n]>\n${text}`;
    expect((await verify(declared, { format: "xml" as Format })).findings).toMatchObject([
      { rule: "stray-text", level: "error", region: { line: 2 } },
    ]);
  });

  test("every kind has one", () => {
    // Without a key, `verify` cannot find a wrong MAC.
    expect([...Object.keys(edits), "syntax", "wrong-mac"].sort()).toEqual(Object.keys(findingRules).sort());
  });

  type Row = [
    kind: string,
    name: string,
    from: string,
    change: Edit[2],
    line: number | undefined,
    settings: string | undefined,
  ];
  const all = Object.entries(edits).flatMap(([kind, list]) =>
    list.map(([name, from, change, line, settings]): Row => [kind, name, from, change, line, settings]),
  );
  test.each(all)("%s: %s", async (rule, _, from, change, line, settings) => {
    const { text, format } = from === "key-groups" ? { text: keyGroups, format: "yaml" as const } : vector(from);
    const edited = change(text);
    const creationRule = settings === undefined ? undefined : await config(settings);
    const findings = await find(edited, edited.startsWith("{") ? "json" : format, creationRule);
    const found = findings.find((finding) => finding.rule === rule);
    expect(found, JSON.stringify(names(findings))).toBeDefined();
    expect(found!.level).toBe(findingRules[found!.rule].level);
    if (line === undefined) expect(found!.region).toBeUndefined();
    else if (line > 0) expect(found!.region).toMatchObject({ line, column: expect.any(Number) });
    // Without the edit, or the rule, nothing was found.
    if (edited !== text && format !== "binary") expect(names(await find(text, format))).not.toContain(rule);
  });

  test("syntax", async () => {
    const { text } = vector("nested");
    for (const [edited, format, line] of [
      [`a: b: c\n${text}`, "yaml", 1],
      ["{", "json", 1],
      [`${vector("json-nested").text}{}`, "json", 0],
      [edit(vector("binary-text").text, /\}\s*$/, ""), "binary", 0],
    ] as const) {
      const findings = await find(edited, format);
      expect(names(findings)).toEqual(["syntax"]);
      if (line > 0) expect(findings[0]!.region).toMatchObject({ line });
    }
    expect(names((await verify(Uint8Array.of(0x61, 0xff), { format: "yaml" })).findings)).toEqual(["syntax"]);
  });

  test("what an alias repeats is found once", async () => {
    const { text } = vector("anchors");
    const findings = await find(edit(text, value, "hunter2"), "yaml");
    expect(names(findings)).toEqual(["plain-value"]);
  });
});

/** A file with three key groups, of which two are needed. */
const keyGroups = (
  await encrypt("a: example\n", { format: "yaml", keyGroups: [[one], [two], [one]], shamirThreshold: 2 })
).text;

/** All values but the MAC in plain text. */
function plainValues(text: string): string {
  return text.replace(/(?<!mac: )ENC\[[^\]]*\]/g, "hunter2");
}

describe("a creation rule", () => {
  test("that fits finds nothing", async () => {
    const { text } = vector("two-recipients");
    expect(await find(text, "yaml", await config(`    age: ${two}, ${one}\n`))).toEqual([]);
    expect(await find(text, "yaml", await config("    unencrypted_suffix: _unencrypted\n"))).toEqual([]);
    const groups =
      "    shamir_threshold: 2\n    key_groups:\n      - age: [ONE]\n      - age: [TWO]\n      - age: [ONE]\n";
    const rule = await config(groups.replaceAll("ONE", one).replace("TWO", two));
    expect(await find(keyGroups, "yaml", rule)).toEqual([]);
  });

  test("with keys of all kinds", async () => {
    const text = read("data/carried/other-key-types/encrypted.yaml").replace(
      /^ {4}pgp:\n/m,
      (pgp) => `${others}${pgp}`,
    );
    const settings = `    age: ${one},${two}
    pgp: FBC7B9E2 A4F9289AC0C1D4843D16CEE4A27381B4
    kms: arn:aws:kms:eu:1:key/a+arn:aws:iam::1:role/b
    gcp_kms: projects/p
    azure_keyvault: https://vault/keys/name
    hc_vault_transit_uri: https://vault:8200/v1/transit/keys/k
    hckms: [eu:1]
`;
    expect(await find(text, "yaml", await config(settings))).toEqual([]);
    const other = settings.replace("FBC7", "FBC8").replace("role/b", "role/c").replace("projects/p", "projects/q");
    const findings = await find(text, "yaml", await config(other.replace("/k\n", "/l\n").replace("eu:1]", "eu:2]")));
    const kinds = (rule: FindingRule): string[] =>
      findings.filter((finding) => finding.rule === rule).map(({ message }) => /The (\w+) key/.exec(message)![1]!);
    expect(kinds("missing-recipient").sort()).toEqual(["gcp_kms", "hc_vault", "hckms", "kms", "pgp"]);
    expect(kinds("extra-recipient").sort()).toEqual(["gcp_kms", "hc_vault", "hckms", "kms", "pgp"]);
  });

  const others = `    kms:
        - {arn: "arn:aws:kms:eu:1:key/a", role: "arn:aws:iam::1:role/b", created_at: x, enc: x}
    gcp_kms:
        - {resource_id: projects/p, created_at: x, enc: x}
    azure_kv:
        - {vault_url: "https://vault", name: name, version: abc, created_at: x, enc: x}
    hc_vault:
        - {vault_address: "https://vault:8200", engine_path: transit, key_name: k, created_at: x, enc: x}
    hckms:
        - {key_id: "eu:1", created_at: x, enc: x}
`;

  test("does not ask for plain files that it selects nothing of, nor without path_regex", async () => {
    expect(await find("kind: Deployment\n", "yaml", await config("    encrypted_regex: ^data$\n"))).toEqual([]);
    expect(await find("data: ''\nother:\n", "yaml", await config("    encrypted_regex: ^data$\n"))).toEqual([]);
    const everything = await findCreationRule(await parseConfig("creation_rules:\n  - age: x\n"), "file");
    expect(await find("a: 1\n", "yaml", everything)).toEqual([]);
    expect(await find("", "yaml", await config("    encrypted_regex: .\n"))).toEqual([]);
    expect(
      (await verify(Uint8Array.of(0, 255), { format: "binary", creationRule: await config("") })).findings,
    ).toEqual([]);
  });

  test("tells how many values are plain, and the first", async () => {
    const [finding] = await find("x:\n  a: hunter2\n  b: 2\n", "yaml", await config("    age: age1\n"));
    expect(finding).toMatchObject({ rule: "not-encrypted", path: ["x", "a"], region: { line: 2, column: 6 } });
    expect(finding!.message).toMatch(/line 2 .*2 values, first `x\.a`/);
  });
});

test("a rule of the command line beside a creation rule that has none is a warning", async () => {
  const findings = await find(vector("rule-encrypted-regex").text, "yaml", await config(`    age: ${one}\n`));
  expect(findings.map(({ rule, level }) => [rule, level])).toEqual([["different-rule", "warning"]]);
});

test("whatever is in a source, it is an answer and no error", async () => {
  const file = fc.constantFrom(...good);
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(40), fc.string({ unit: "binary", maxLength: 8 })), {
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(file, damage, async ({ text, format }, places) => {
      let damaged = text;
      for (const [at, length, inserted] of places) {
        const start = at % (damaged.length + 1);
        damaged = damaged.slice(0, start) + inserted + damaged.slice(start + length);
      }
      const { findings } = await verify(damaged, { format, creationRule: await anyRule });
      for (const { message, region } of findings) {
        expect(message).toMatch(/\S/);
        // Lines of YAML end at other characters, too.
        const lines = damaged.split(/\r\n|[\n\r\u0085\u2028\u2029]/).length;
        if (region !== undefined) expect(region.line).toBeLessThanOrEqual(lines);
      }
    }),
    { numRuns: 500 },
  );
});

const anyRule = config(`    age: ${one}\n    encrypted_regex: a\n`);

test("a key called sops makes no SOPS file", async () => {
  expect(await verify('{"sops": {"version": "3.13.3"}, "a": 1}', { format: "json" })).toEqual({
    findings: [],
    encrypted: false,
  });
});

test("plain text put anywhere into the encrypted values of a file is found", async () => {
  const files = good.filter(({ text, name }) => /,type:\w+\]/.test(text) && name !== "looks-encrypted");
  const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/);
  const change = fc.constantFrom<(enc: string, text: string) => string>(
    (_, text) => text,
    (enc, text) => text + enc,
    (enc, text) => enc + text,
    (enc, text) => `${text}${enc}${text}`,
    (enc, text) => enc.slice(0, -1) + text,
    (enc) => enc.slice(0, -1),
    (enc) => enc.slice(0, enc.lastIndexOf(",")),
    (enc) => enc.slice(0, 22),
    (enc, text) => enc.replace(",iv:", `,${text}:`),
    (enc) => enc.replace(/(?<=tag:)./, ""),
    (enc) => enc.replace(/(?<=data:)./, "_"),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.nat(),
      word,
      change,
      async ({ text, format }, at, inserted, changed) => {
        const values = [...text.matchAll(/ENC\[AES256_GCM,data:[^\]]*,type:\w+\]/g)];
        const picked = values[at % values.length]!;
        const edited =
          text.slice(0, picked.index) + changed(picked[0], inserted) + text.slice(picked.index + picked[0].length);
        expect(await find(edited, format)).not.toEqual([]);
      },
    ),
    { numRuns: 1500 },
  );
});

test.each<[string, () => Promise<unknown>, RegExp]>([
  ["no source", () => verify(undefined as never, { format: "yaml" }), /string or a `Uint8Array`/],
  ["no format", () => verify("", {} as never), /`format` is missing/],
  [
    "an option of another function",
    () => verify("", { format: "yaml", identities: [] } as never),
    /no option "identities"/,
  ],
])("%s is refused", async (_, run, says) => {
  await expect(run()).rejects.toMatchObject({
    name: "SopsError",
    code: "invalid_option",
    message: expect.stringMatching(says),
  });
});
