/**
 * How a `sops` block, and the comments of a file, may be written, beside the sops command: what it opens we open, what it
 * refuses we refuse, or read with a warning.
 */
import { describe, expect, it } from "vitest";
import { open } from "../../packages/core/dist/index.js";
import { loadStore } from "../../packages/formats/dist/load.js";
import { ageSource } from "../../packages/isosops/dist/age.js";
import {
  decrypt,
  encrypt,
  extract,
  SopsError,
  set,
  verify,
  type WarningCode,
} from "../../packages/isosops/dist/index.js";
import { findSops, readKey, runSops, twoAtATime } from "../tools.js";

type Format = "yaml" | "json" | "dotenv" | "ini" | "binary";

const { identity, recipient } = readKey("first");
const binaries = findSops();
const current = binaries.find(({ version }) => version === "3.13.3");

if (current === undefined) {
  const reason = "sops 3.13.3 was not found: name it in SOPS_BIN, or run `node test-vectors/install.js`";
  console.log(`Skipped: the tests of the block, because ${reason}.`);
  it.skip(`sops live: ${reason}`, () => {});
}

const plain: Record<Format, string> = {
  yaml: "a: b\n",
  json: '{\n\t"a": "b"\n}\n',
  dotenv: "A=b\n",
  ini: "[s]\na = b\n",
  binary: "hello",
};
const formats = Object.keys(plain) as Format[];

interface Verdict {
  readonly opened: boolean;
  readonly code: string | undefined;
  readonly warnings: readonly WarningCode[];
}

async function ours(text: string, format: Format): Promise<Verdict> {
  try {
    const { warnings } = await decrypt(text, { format, identities: [identity] });
    return { opened: true, code: undefined, warnings: warnings.map(({ code }) => code) };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return { opened: false, code: error.code, warnings: [] };
  }
}

async function opens(binary: { path: string }, text: string, format: Format): Promise<boolean> {
  return (await runSops(binary, ["decrypt"], { text, format, identities: [identity] })).exit === 0;
}

/** The line of the block with a value, as it stands there. */
const lines: Record<Format, (name: string) => RegExp> = {
  yaml: (name) => new RegExp(`(?<=^ +${name}: ).*$`, "m"),
  json: (name) => new RegExp(`(?<="${name}": ?)"[^"]*"`),
  binary: (name) => new RegExp(`(?<="${name}": ?)"[^"]*"`),
  dotenv: (name) => new RegExp(`(?<=^sops_${name}=).*$`, "m"),
  ini: (name) => new RegExp(`(?<=^${name}\\s+= ).*$`, "m"),
};

function write(text: string, format: Format, name: string, written: string): string {
  const pattern = lines[format](name);
  expect(text).toMatch(pattern);
  return text.replace(pattern, () => written);
}

/** The ways to write a text in the block of a format. */
function spellings(text: string, format: Format): string[] {
  if (format === "dotenv" || format === "ini") return [text];
  if (format !== "yaml") return [JSON.stringify(text), ...(/^\d+(\.\d+)?$/.test(text) ? [text] : [])];
  return [JSON.stringify(text), text];
}

describe.runIf(current !== undefined)("version", () => {
  const versions = [
    "3.9.4",
    "1.13",
    "1.x",
    "1",
    "3.13",
    "2.0",
    "",
    "none",
    "v3.9.4",
    "3.9.4-rc.1",
    "3.9.4+b",
    "3.09.4",
    "3.9.4.1",
    "99.0.0",
  ];

  it.each(formats)("of any form: %s", async (format) => {
    const { text } = await encrypt(plain[format], { format, recipients: [recipient] });
    const cases = versions.flatMap((version) =>
      spellings(version, format).map((written) => write(text, format, "version", written)),
    );
    await twoAtATime(cases, async (edited) => {
      const { opened, code, warnings } = await ours(edited, format);
      const about = edited.match(lines[format]("version"))?.[0];
      expect([about, opened]).toEqual([about, await opens(current!, edited, format)]);
      expect([about, code]).toEqual([about, opened ? undefined : "metadata"]);
      expect(warnings).toEqual([]);
      const { findings } = await verify(edited, { format });
      expect([about, findings.map(({ rule }) => rule)]).toEqual([about, opened ? [] : ["metadata"]]);
    });
  });

  it.each(formats)("that is missing, as in files of rops, is read with a warning: %s", async (format) => {
    const { text } = await encrypt(plain[format], { format, recipients: [recipient] });
    const edited = text.replace(/^.*version.*\n|,"version":"[^"]*"|,\n\s*"version": "[^"]*"/m, "");
    expect(edited).not.toContain("version");
    expect(await opens(current!, edited, format)).toBe(false);
    expect(await ours(edited, format)).toEqual({ opened: true, code: undefined, warnings: ["no_version"] });
    expect((await verify(edited, { format })).findings.map(({ rule }) => rule)).toEqual(["metadata"]);
    if (format === "binary") return;
    const path = format === "ini" ? ["s", "a"] : [format === "dotenv" ? "A" : "a"];
    const edit = { format, identities: [identity], path };
    expect((await set(edited, { ...edit, value: "c" })).warnings.map(({ code }) => code)).toEqual(["no_version"]);
    expect((await extract(edited, edit)).warnings.map(({ code }) => code)).toEqual(["no_version"]);
  });
});

describe.runIf(current !== undefined)("lastmodified", () => {
  /** As it is written, and as sops writes it again, which is what the MAC is bound to. */
  const times: [string, string][] = [
    ["2026-11-28T15:01:11Z", "2026-11-28T15:01:11Z"],
    ["2026-11-28T15:01:11+00:00", "2026-11-28T15:01:11Z"],
    ["2026-11-28T15:01:11+02:00", "2026-11-28T15:01:11+02:00"],
    ["2026-11-28T15:01:11+24:00", "2026-11-28T15:01:11+24:00"],
    ["2026-11-28T15:01:11.5Z", "2026-11-28T15:01:11Z"],
    ["2026-11-28T5:01:11Z", "2026-11-28T05:01:11Z"],
    ["2026-11-28t15:01:11z", "2026-11-28T15:01:11Z"],
    ["2026-11-28 15:01:11Z", "2026-11-28T15:01:11Z"],
    ["2026-02-30T15:01:11Z", "2026-02-30T15:01:11Z"],
    ["2026-11-28", "2026-11-28T00:00:00Z"],
    ["1764342071", "1764342071"],
    ["", ""],
  ];

  /** The file with another time, and with its MAC bound to a text. */
  async function bound(format: Format, written: string, additionalData: string): Promise<string> {
    const { text } = await encrypt(plain[format], { format, recipients: [recipient] });
    const { cipher, metadata } = await open(text, {
      store: await loadStore(format),
      keySources: [ageSource([identity])],
    });
    const mac = cipher.encrypt(cipher.decrypt(metadata.mac, metadata.lastModified).plaintext, "str", additionalData);
    return write(
      text.replace(metadata.mac, () => mac),
      format,
      "lastmodified",
      written,
    );
  }

  it.each(formats)("of any form: %s", async (format) => {
    await twoAtATime(times, async ([time, again]) => {
      for (const written of format === "yaml" ? [JSON.stringify(time)] : spellings(time, format)) {
        const edited = await bound(format, written, again);
        const { opened, code, warnings } = await ours(edited, format);
        expect([written, opened]).toEqual([written, await opens(current!, edited, format)]);
        expect([written, code]).toEqual([written, opened ? undefined : "metadata"]);
        expect(warnings).toEqual([]);
        const { findings } = await verify(edited, { format });
        expect([written, findings.map(({ rule }) => rule)]).toEqual([written, opened ? [] : ["metadata"]]);
      }
    });
  });

  it("that the MAC is bound to as it is written, by another tool, is read with a warning", async () => {
    const edited = await bound("json", '"2026-11-28T15:01:11.5Z"', "2026-11-28T15:01:11.5Z");
    expect(await opens(current!, edited, "json")).toBe(false);
    expect(await ours(edited, "json")).toEqual({ opened: true, code: undefined, warnings: ["lastmodified"] });
  });

  it("without quotes in YAML, which sops took before 3.13, is read with a warning", async () => {
    const edited = await bound("yaml", "2026-11-28T15:01:11Z", "2026-11-28T15:01:11Z");
    for (const binary of binaries) {
      const isOld = binary.version.startsWith("3.9.");
      expect([binary.version, await opens(binary, edited, "yaml")]).toEqual([binary.version, isOld]);
    }
    expect(await ours(edited, "yaml")).toEqual({ opened: true, code: undefined, warnings: ["lastmodified"] });
    expect((await verify(edited, { format: "yaml" })).findings.map(({ rule }) => rule)).toEqual(["metadata"]);
  });
});

describe.runIf(current !== undefined)("a block with fields of other types", () => {
  const odd = [
    null,
    true,
    0,
    1,
    2,
    -1,
    1.5,
    1e30,
    "",
    "x",
    "1",
    "true",
    "yes",
    [],
    ["x"],
    {},
    { a: 1 },
    [[]],
    [{}],
    [null],
  ];
  const names = [
    "shamir_threshold",
    "mac_only_encrypted",
    "unencrypted_suffix",
    "encrypted_regex",
    "mac",
    "kms",
    "pgp",
    "hckms",
    "age",
    "key_groups",
    "unknown",
  ];
  const time = "2030-01-01T00:00:00Z";
  type Block = Record<string, unknown> & { age: { recipient: string; enc: string }[] };
  /** Without what only one of the blocks has. */
  const others: [about: string, change: (block: Block) => object][] = [
    ["age that is not a list", ({ age: [key] }) => ({ age: key })],
    ["null beside the key", ({ age: [key] }) => ({ age: [null, key] })],
    ["text beside the key", ({ age: [key] }) => ({ age: ["x", key] })],
    ["a key without fields", ({ age: [key] }) => ({ age: [{}, key] })],
    ["a key without its wrapped data key", ({ age: [key] }) => ({ age: [{ recipient: key!.recipient }, key] })],
    ["no recipient", ({ age: [key] }) => ({ age: [{ enc: key!.enc }] })],
    ["pgp without time", () => ({ pgp: [{ fp: "AB", enc: "x" }] })],
    ["pgp with an invalid time", () => ({ pgp: [{ fp: "AB", enc: "x", created_at: "yesterday" }] })],
    ["pgp", () => ({ pgp: [{ fp: "AB", enc: "x", created_at: time }] })],
    ["kms without time", () => ({ kms: [{ arn: "arn:aws:kms:us-east-1:1:key/x", enc: "x" }] })],
    ["hckms", () => ({ hckms: [{ key_id: "r:x", enc: "x", created_at: time }] })],
    ["hckms without region", () => ({ hckms: [{ key_id: "x", enc: "x", created_at: time }] })],
    ["a group", ({ age }) => ({ key_groups: [{ age, pgp: null }], age: undefined })],
    ["a group that is in no list", ({ age }) => ({ key_groups: { age }, age: undefined })],
    ["a key that is in no list of its group", ({ age: [key] }) => ({ key_groups: [{ age: key }], age: undefined })],
    ["an empty group", ({ age }) => ({ key_groups: [{}, { age }], age: undefined })],
    ["a group with a broken key", ({ age }) => ({ key_groups: [{ age, pgp: [{ fp: "AB" }] }], age: undefined })],
  ];

  it("is opened where sops opens it", { timeout: 120_000 }, async () => {
    const { text } = await encrypt('{"a": "b", "u_unencrypted": 1}', { format: "json", recipients: [recipient] });
    const file = JSON.parse(text) as { sops: Block };
    const cases = [
      ...names.flatMap((name) =>
        odd.map((value): [string, object] => [`${name}: ${JSON.stringify(value)}`, { [name]: value }]),
      ),
      ...others.map(([about, change]): [string, object] => [about, change(file.sops)]),
    ];
    let opened = 0;
    await twoAtATime(cases, async ([about, changes]) => {
      const edited = JSON.stringify({ ...file, sops: { ...file.sops, ...changes } });
      const { exit } = await runSops(current!, ["decrypt"], { text: edited, format: "json", identities: [identity] });
      const verdict = await ours(edited, "json");
      expect([about, verdict.opened], verdict.code).toEqual([about, exit === 0]);
      if (exit === 0) opened++;
    });
    expect(opened).toBeGreaterThan(40);
    expect(opened).toBeLessThan(cases.length - 40);
  });
});

describe.runIf(current !== undefined)("CRLF that came after encryption", () => {
  const sources: Partial<Record<Format, string>> = {
    dotenv: "# c\nA=b\nB=\nC_unencrypted=x\n\nD=1\\n2\n",
    ini: "; c\n[s]\na = b\n; d\ne =\nu_unencrypted = x\nq = `1\n2`\n",
    yaml: "# c\na: b\nm: |\n    1\n    2\nu_unencrypted: x\n",
    json: '{\n\t"a": "b",\n\t"u_unencrypted": "x"\n}\n',
  };

  it.each(Object.keys(sources) as Format[])("is read, as what it was before: %s", async (format) => {
    const source = { text: sources[format]!, format };
    const sealed = (await runSops(current!, ["encrypt", "--age", recipient], source)).output;
    const before = await runSops(current!, ["decrypt"], { text: sealed, format, identities: [identity] });
    const crlf = sealed.replaceAll("\n", "\r\n");
    const now = await decrypt(crlf, { format, identities: [identity], layout: "sops" });
    expect(now.text).toBe(before.output);
    const preserved = await decrypt(crlf, { format, identities: [identity] });
    expect(preserved.data).toEqual((await decrypt(sealed, { format, identities: [identity] })).data);
    const isRefused = format === "dotenv";
    expect(await opens(current!, crlf, format)).toBe(!isRefused);
    expect(now.warnings.map(({ code }) => code)).toEqual(isRefused ? ["carriage_returns"] : []);
    const { findings } = await verify(crlf, { format });
    expect(findings.map(({ rule }) => rule)).toEqual(isRefused ? ["metadata"] : []);
    for (const { message } of [...findings, ...now.warnings]) expect(message).toContain("carriage return");
  });

  it("is told from carriage returns that are part of ENV values", async () => {
    const format = "dotenv";
    const text = sources[format]!.replaceAll("\n", "\r\n").replace("\r\n\r\n", "\r\n");
    const sealed = (await runSops(current!, ["encrypt", "--age", recipient], { text, format })).output;
    const before = await runSops(current!, ["decrypt"], { text: sealed, format, identities: [identity] });
    expect(before.output).toBe(text);
    const now = await decrypt(sealed, { format, identities: [identity] });
    expect([now.text, now.warnings]).toEqual([text, []]);
    // All lines end in CRLF now, and what was sealed in plain text cannot be told any more.
    const crlf = sealed.replace(/(?<!\r)\n/g, "\r\n");
    await expect(decrypt(crlf, { format, identities: [identity] })).rejects.toThrow(
      expect.objectContaining({ code: "mac_mismatch", message: expect.stringContaining("carriage return") }),
    );
    // Of the block's lines some only: no tool does that.
    const some = sealed.replace(/^(sops_lastmodified.*)$/m, "$1\r");
    await expect(decrypt(some, { format, identities: [identity] })).rejects.toThrow(
      expect.objectContaining({ code: "metadata", message: expect.stringContaining("carriage return") }),
    );
  });

  it("does not let a changed ENV file pass", async () => {
    const { text } = await encrypt(sources.dotenv!, { format: "dotenv", recipients: [recipient] });
    const changed = text.replace("=x\n", "=y\n").replaceAll("\n", "\r\n");
    await expect(decrypt(changed, { format: "dotenv", identities: [identity] })).rejects.toThrow(
      expect.objectContaining({ code: "mac_mismatch" }),
    );
  });
});

describe.runIf(current !== undefined)("a comment that does not decrypt", () => {
  const warnsOf = /Found possibly unencrypted comment/;
  const sources: Partial<Record<Format, string>> = {
    yaml: "# one\na:\n    # two\n    b: c\n    d: e\nf: g\n",
    dotenv: "# one\nA=b\n# two\nB=c\n",
    ini: "; one\n[s]\na = b\n\n; two\n[t]\nb = c\n",
  };
  const edits: [Format, string, (text: string) => string, WarningCode[]][] = [
    ["yaml", "as it was", (text) => text, []],
    ["yaml", "moved", (text) => text.replace(/^(#ENC.*\n)(a:\n)/m, "$2    $1"), ["unreadable_comment"]],
    [
      "yaml",
      "moved to the top",
      (text) => text.replace(/^(#ENC.*\n)(a:\n) +(#ENC.*\n)/m, "$1$3$2"),
      ["unreadable_comment"],
    ],
    ["yaml", "cut", (text) => text.replace(/(?<=#ENC\[\S*tag:)[\w+/]{4}/, ""), ["unreadable_comment"]],
    ["yaml", "added", (text) => `# new\n${text}`, ["plain_comment"]],
    [
      "yaml",
      "both",
      (text) => `# new\n${text.replace(/(?<=#ENC\[\S*tag:)[\w+/]{4}/, "")}`,
      ["unreadable_comment", "plain_comment"],
    ],
    ["dotenv", "as it was", (text) => text, []],
    ["dotenv", "cut", (text) => text.replace(/(?<=#ENC\[\S*tag:)[\w+/]{4}/, ""), ["unreadable_comment"]],
    ["dotenv", "added", (text) => `#new\n#\n${text}`, ["plain_comment"]],
    ["ini", "as it was", (text) => text, []],
    [
      "ini",
      "moved",
      (text) => text.replace(/^; ENC.*\n/m, "").replace(/^(?=b )/m, /^; ENC.*\n/m.exec(text)![0]),
      ["unreadable_comment"],
    ],
    ["ini", "added", (text) => text.replace(/^(?=a )/m, "; new\n"), ["plain_comment"]],
  ];

  it.each(edits)("%s, %s", async (format, _, edit, expected) => {
    const sealed = (await runSops(current!, ["encrypt", "--age", recipient], { text: sources[format]!, format }))
      .output;
    const text = edit(sealed);
    if (expected.length > 0) expect(text).not.toBe(sealed);
    const { exit, message } = await runSops(current!, ["decrypt"], { text, format, identities: [identity] });
    expect([exit, warnsOf.test(message)]).toEqual([0, expected.length > 0]);
    const { warnings } = await decrypt(text, { format, identities: [identity] });
    expect(warnings.map(({ code }) => code)).toEqual(expected);
    for (const { line, message: said } of warnings) {
      expect(text.split("\n")[line! - 1]).toMatch(/^ *[#;]/);
      expect(said).not.toMatch(/ENC\[|new|one|two/);
    }
  });
});
