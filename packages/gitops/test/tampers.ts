/**
 * Ways to change an encrypted file without a key. Each entry of the file stands on a line of its own, in every format.
 */
import { encrypt, set } from "../../isosops/dist/index.js";

export const tamperFormats = ["yaml", "json", "dotenv", "ini"] as const;

export type TamperFormat = (typeof tamperFormats)[number];

const entries = [
  ["user", "app"],
  ["host", "db"],
  ["password", "hunter2"],
  ["token", "s3cret"],
  ["pin", "tame"],
  ["note", "last"],
] as const;

const plainOf: Readonly<Record<TamperFormat, () => string>> = {
  yaml: () => entries.map(([key, value]) => `${key}: ${value}\n`).join(""),
  json: () => `{\n${entries.map(([key, value]) => `  "${key}": "${value}"`).join(",\n")}\n}\n`,
  dotenv: () => entries.map(([key, value]) => `${key}=${value}\n`).join(""),
  ini: () => `[db]\n${entries.map(([key, value]) => `${key} = ${value}\n`).join("")}`,
};

/** An encrypted file, what it was before one value was changed, and another one for the same key. */
export interface Victim {
  readonly format: TamperFormat;
  readonly text: string;
  readonly older: string;
  readonly other: string;
}

export async function makeVictim(format: TamperFormat, recipient: string, identity: string): Promise<Victim> {
  const options = { format, recipients: [recipient], encryptedRegex: "^(password|token|pin)$" };
  const older = (await encrypt(plainOf[format](), options)).text;
  const path = format === "ini" ? ["db", "password"] : ["password"];
  const { text } = await set(older, { format, identities: [identity], path, value: "changed" });
  return { format, text, older, other: (await encrypt(plainOf[format](), options)).text };
}

/** The entries of a text, by their lines. */
class Editing {
  readonly format: TamperFormat;
  lines: string[];

  constructor(format: TamperFormat, text: string) {
    this.format = format;
    this.lines = text.split("\n");
  }

  get text(): string {
    return this.lines.join("\n");
  }

  at(key: string): number {
    const start = { yaml: `${key}: `, json: `  "${key}": `, dotenv: `${key}=`, ini: `${key} = ` }[this.format];
    const found = this.lines.findIndex((line) => line.startsWith(start));
    if (found === -1) throw new Error(`no line ${key}`);
    return found;
  }

  /** As it stands in the file. */
  raw(key: string): string {
    return /^.*?(?:: | = |=)(.*?),?$/.exec(this.lines[this.at(key)]!)![1]!;
  }

  line(key: string, raw: string): string {
    return { yaml: `${key}: ${raw}`, json: `  "${key}": ${raw},`, dotenv: `${key}=${raw}`, ini: `${key} = ${raw}` }[
      this.format
    ];
  }

  string(value: string): string {
    return this.format === "json" ? `"${value}"` : value;
  }

  set(key: string, raw: string): this {
    this.lines[this.at(key)] = this.line(key, raw);
    return this;
  }

  change(key: string, change: (raw: string) => string): this {
    return this.set(key, change(this.raw(key)));
  }

  rename(key: string, name: string): this {
    this.lines[this.at(key)] = this.line(name, this.raw(key));
    return this;
  }

  remove(key: string): this {
    this.lines.splice(this.at(key), 1);
    return this;
  }

  /** Before another entry. */
  insert(before: string, key: string, raw: string): this {
    this.lines.splice(this.at(before), 0, this.line(key, raw));
    return this;
  }

  move(key: string, before: string): this {
    const [line] = this.lines.splice(this.at(key), 1);
    this.lines.splice(this.at(before), 0, line!);
    return this;
  }

  swap(one: string, other: string): this {
    const raws = [this.raw(one), this.raw(other)];
    return this.set(one, raws[1]!).set(other, raws[0]!);
  }

  replace(from: string | RegExp, to: string): this {
    const text = this.text.replace(from, to);
    if (text === this.text) throw new Error(`nothing to replace: ${from}`);
    this.lines = text.split("\n");
    return this;
  }
}

export interface Way {
  readonly name: string;
  /** Undefined where a format has no such way. */
  tamper(victim: Victim): string | undefined;
  /** Where what was added is what somebody could mean to encrypt: the name of it. */
  readonly adds?: string;
}

function way(name: string, edit: (file: Editing, victim: Victim) => Editing | undefined, adds?: string): Way {
  const tamper = (victim: Victim) => edit(new Editing(victim.format, victim.text), victim)?.text;
  return adds === undefined ? { name, tamper } : { name, tamper, adds };
}

/** Another character of Base64 for the first one of a part of a ciphertext. */
const flip = (part: string) => (raw: string) =>
  raw.replace(new RegExp(`${part}:(.)`), (_, first: string) => `${part}:${first === "A" ? "B" : "A"}`);

const sealedKeys = ["password", "token", "pin"] as const;

const fieldOf = (text: string, name: string): string => {
  const found = new RegExp(`${name}["']?\\s*[:=]\\s*["']?([^"'\\n]*)`).exec(text);
  if (found === null) throw new Error(`no ${name}`);
  return found[1]!;
};

/** Ways that a MAC over values shows. */
export const ways: readonly Way[] = [
  ...["user", "host", "note"].map((key) =>
    way(`another plain value: ${key}`, (file) => file.set(key, file.string("evil"))),
  ),
  way("an empty plain value", (file) =>
    file.set("user", file.format === "json" ? '""' : file.format === "yaml" ? '""' : ""),
  ),
  way("a letter more in a plain value", (file) => file.set("user", file.string("apps"))),
  way("another case of a plain value", (file) => file.set("user", file.string("App"))),
  way("two plain values in each other's place", (file) => file.swap("user", "host")),
  ...["user", "host", "note"].map((key) => way(`no plain value: ${key}`, (file) => file.remove(key))),
  way("a plain value more at the top", (file) => file.insert("user", "extra", file.string("evil")), "extra"),
  way("a plain value more in the middle", (file) => file.insert("token", "extra", file.string("evil")), "extra"),
  way("a plain value more at the end", (file) => file.insert("note", "extra", file.string("evil")), "extra"),
  way("two plain values more", (file) =>
    file.insert("user", "extra", file.string("e")).insert("note", "more", file.string("f")),
  ),
  way("a plain value twice", (file) => file.insert("note", "extra", file.raw("user")), "extra"),
  way("a plain value moved to the end", (file) => file.move("user", "note")),
  way("a plain value moved to the top", (file) => file.move("note", "user")),
  way("a plain value moved over an encrypted one", (file) => file.move("password", "user")),
  way(
    "a plain name changed, and another value under it",
    (file) => file.rename("user", "other").insert("host", "user", file.string("evil")),
    "user",
  ),
  way(
    "the same with the new one first",
    (file) => file.rename("user", "other").insert("other", "user", file.string("evil")),
    "user",
  ),
  way("the same, with the value moved as well", (file) =>
    file.rename("user", "other").insert("note", "user", file.string("evil")).move("other", "note"),
  ),
  way("the same, and another value changed", (file) =>
    file.rename("user", "other").insert("host", "user", file.string("evil")).set("host", file.string("evil")),
  ),
  way("the same, and another value removed", (file) =>
    file.rename("user", "other").insert("host", "user", file.string("evil")).remove("note"),
  ),
  ...sealedKeys.map((key) => way(`other data: ${key}`, (file) => file.change(key, flip("data")))),
  ...sealedKeys.map((key) => way(`another iv: ${key}`, (file) => file.change(key, flip("iv")))),
  ...sealedKeys.map((key) => way(`another tag: ${key}`, (file) => file.change(key, flip("tag")))),
  ...sealedKeys.map((key) => way(`in plain text: ${key}`, (file) => file.set(key, file.string("evil")))),
  ...sealedKeys.map((key) => way(`without it: ${key}`, (file) => file.remove(key))),
  ...sealedKeys.map((key) => way(`under another name: ${key}`, (file) => file.rename(key, "renamed"))),
  ...sealedKeys.map((key) =>
    way(`empty: ${key}`, (file) => file.set(key, file.format === "json" || file.format === "yaml" ? '""' : "")),
  ),
  way("a ciphertext cut short", (file) => file.change("password", (raw) => raw.replace(/,tag:.*?,/, ","))),
  way("a ciphertext with another type", (file) =>
    file.change("password", (raw) => raw.replace("type:str", "type:int")),
  ),
  way("two ciphertexts in each other's place", (file) => file.swap("password", "token")),
  way("a ciphertext copied over another", (file) => file.set("token", file.raw("password"))),
  way("a ciphertext twice", (file) => file.insert("note", "copy", file.raw("password"))),
  way("encrypted values in another order", (file) => file.move("token", "password")),
  way("an encrypted value at the top", (file) => file.move("pin", "user")),
  way("an older version of one value", (file, { format, older }) =>
    file.set("password", new Editing(format, older).raw("password")),
  ),
  way("a value of another file", (file, { format, other }) =>
    file.set("password", new Editing(format, other).raw("password")),
  ),
  way("an older MAC", (file, { older }) => {
    const [now, before] = [file.text, older].map((text) => fieldOf(text, "lastmodified")) as [string, string];
    file.replace(fieldOf(file.text, "mac"), fieldOf(older, "mac"));
    return now === before ? file : file.replace(now, before);
  }),
  way("the MAC of another file", (file, { other }) => file.replace(fieldOf(file.text, "mac"), fieldOf(other, "mac"))),
  way("a MAC with other data", (file) =>
    file.replace(fieldOf(file.text, "mac"), flip("data")(fieldOf(file.text, "mac"))),
  ),
  way("an empty MAC", (file) => file.replace(fieldOf(file.text, "mac"), "")),
  way("another time", (file) => file.replace(fieldOf(file.text, "lastmodified"), "2020-01-01T00:00:00Z")),
  way("no time", (file) => file.replace(fieldOf(file.text, "lastmodified"), "")),
  way("the data key of another file", (file, { other }) => {
    const body = (text: string) => /BEGIN AGE ENCRYPTED FILE-+((?:.|\n)*?)-+END AGE/.exec(text)![1]!;
    return file.replace(body(file.text), body(other));
  }),
  way("a rule for fewer values", (file) => file.replace("^(password|token|pin)$", "^(password)$")),
  way("a rule for more values", (file) => file.replace("^(password|token|pin)$", "^(password|token|pin|user)$")),
  way("a rule for no value", (file) => file.replace("^(password|token|pin)$", "^nothing$")),
  way("a rule for all values", (file) => file.replace("^(password|token|pin)$", ".")),
  way("another kind of rule", (file) => file.replace("encrypted_regex", "unencrypted_regex")),
  way("a plain value in the place of an encrypted one, which got another name", (file) =>
    file.rename("password", "secret").insert("token", "password", file.string("evil")),
  ),
  way("a MAC over encrypted values alone", (file) => {
    const line = {
      yaml: "    mac_only_encrypted: true",
      json: '    "mac_only_encrypted": true,',
      dotenv: "sops_mac_only_encrypted=true",
      ini: "mac_only_encrypted = true",
    };
    const index = file.lines.findIndex((one) => /(?:^|\W|sops_)lastmodified\W/.test(one));
    const indent = /^[ \t]*/.exec(file.lines[index]!)![0];
    file.lines.splice(index, 0, indent + line[file.format].trim());
    return file;
  }),
];

/** What such a MAC, and so sops, does not see. SECURITY.md tells of it. */
export const unseen: readonly Way[] = [
  way("a plain name changed", (file) => file.rename("user", "other")),
  way("two plain names in each other's place", (file) =>
    file.rename("user", "held").rename("host", "user").rename("held", "host"),
  ),
  way("letters moved from one plain value to the next", (file) =>
    file.set("user", file.string("ap")).set("host", file.string("pdb")),
  ),
];
