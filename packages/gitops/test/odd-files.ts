/**
 * Files that depend on a key and do not look so: odd spellings, changed names of readers, age files in other files. Each is made
 * for two keys of which the second is in the way: what the file says of its readers is a stranger's.
 */
import { encrypt as encryptAge } from "../../age/dist/index.js";
import { encrypt } from "../../isosops/dist/index.js";

export interface OddFile {
  readonly name: string;
  readonly path: string;
  /** What shows that the key opens it: the format in which sops reads it, `age`, or nothing for what is broken. */
  readonly openedBy: "yaml" | "json" | "dotenv" | "ini" | "age" | undefined;
  /** Whether there is too much between the lines of the age file, or too little left of it, to tell which keys open it. */
  readonly isBroken?: boolean;
  /** @param stranger another public key */
  make(recipient: string, stranger: string): Promise<string | Uint8Array>;
}

/** What is in age files. */
export const secret: Uint8Array = new TextEncoder().encode("a secret\n");

const plain = {
  yaml: "user: shop\nsecret: value\n",
  json: '{"user": "shop", "secret": "value"}\n',
  dotenv: "USER=shop\nSECRET=value\n",
  ini: "[db]\nuser = shop\nsecret = value\n",
} as const;

type SopsFormat = keyof typeof plain;

async function sealed(format: SopsFormat, ...recipients: string[]): Promise<string> {
  return (await encrypt(plain[format], { format, recipients })).text;
}

/** Every character as JSON, YAML and TOML can spell it. */
const escaped = (text: string): string =>
  [...text].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");

/** The value of `enc`, as one line of a double-quoted scalar. */
const inOneLine = (text: string, spell: (enc: string) => string): string =>
  text.replace(/enc: \|\n((?: {12}.*\n)+)/, (_, lines: string) => `enc: "${spell(lines.replace(/^ +/gm, ""))}"\n`);

const armored = (recipient: string): Promise<string> => encryptAge(secret, [recipient], { armor: true });

const odd = (name: string, path: string, openedBy: OddFile["openedBy"], make: OddFile["make"]): OddFile => ({
  name,
  path,
  openedBy,
  make,
});

const broken = (name: string, path: string, make: OddFile["make"]): OddFile => ({
  ...odd(name, path, undefined, make),
  isBroken: true,
});

export const oddFiles: readonly OddFile[] = [
  odd("an escape in a recipient", "a.json", "json", async (recipient) =>
    (await sealed("json", recipient)).replace(`"${recipient}"`, `"\\u0061${recipient.slice(1)}"`),
  ),
  odd("escapes in the whole block", "b.json", "json", async (recipient) => {
    const text = await sealed("json", recipient);
    const words = new RegExp(`"(sops|age|enc|recipient|lastmodified|${recipient}|-----BEGIN[^"]*)"`, "g");
    return text.replace(words, (_, word: string) => `"${escaped(JSON.parse(`"${word}"`))}"`);
  }),
  odd("a recipient over two lines", "c.yaml", "yaml", async (recipient) =>
    (await sealed("yaml", recipient)).replace(
      `recipient: ${recipient}`,
      `recipient: "${recipient.slice(0, 20)}\\\n                ${recipient.slice(20)}"`,
    ),
  ),
  odd("a data key over two lines", "d.yaml", "yaml", async (recipient, stranger) =>
    inOneLine((await sealed("yaml", recipient)).replace(recipient, stranger), (enc) =>
      enc
        .replaceAll("\n", "\\n")
        .replace("YWdl", "YW\\\n                dl")
        .replace("BEGIN AGE", "BEGIN\n                AGE"),
    ),
  ),
  odd("a data key with escapes", "e.yaml", "yaml", async (recipient, stranger) =>
    inOneLine((await sealed("yaml", recipient)).replace(recipient, stranger), (enc) =>
      [...enc].map((one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, "0")}`).join(""),
    ),
  ),
  odd("the name of another reader", "f.yaml", "yaml", async (recipient, stranger) =>
    (await sealed("yaml", recipient)).replace(recipient, stranger),
  ),
  odd("no name of a reader", "g.yaml", "yaml", async (recipient) =>
    (await sealed("yaml", recipient)).replace(`recipient: ${recipient}`, 'recipient: ""'),
  ),
  odd("another reader's name in ENV", "h.env", "dotenv", async (recipient, stranger) =>
    (await sealed("dotenv", recipient)).replace(recipient, stranger),
  ),
  odd("another reader's name in INI", "i.ini", "ini", async (recipient, stranger) =>
    (await sealed("ini", recipient)).replace(recipient, stranger),
  ),
  odd("another reader's name in a key group", "j.yaml", "yaml", async (recipient, stranger) => {
    const keyGroups = [[stranger], [recipient], [recipient]];
    const { text } = await encrypt(plain.yaml, { format: "yaml", keyGroups, shamirThreshold: 2 });
    return text.replaceAll(recipient, stranger);
  }),
  odd("a name that tells no format", "k", "yaml", async (recipient, stranger) =>
    (await sealed("yaml", recipient)).replace(recipient, stranger),
  ),
  odd("UTF-16", "l.yaml", "yaml", async (recipient, stranger) => {
    const text = (await sealed("yaml", recipient)).replace(recipient, stranger);
    return Buffer.from(`\ufeff${text}`, "utf16le");
  }),
  odd("a binary age file", "m.age", "age", (recipient) => encryptAge(secret, [recipient])),
  odd("an armored age file", "n.txt", "age", armored),
  odd(
    "an age file in a note",
    "o.md",
    undefined,
    async (recipient) => `# To restore\n\nas ann wrote:\n${(await armored(recipient)).replace(/^/gm, "> ")}\n`,
  ),
  odd("an age file in a patch", "p.patch", undefined, async (recipient, stranger) =>
    (await sealed("yaml", recipient)).replace(recipient, stranger).replace(/^/gm, "+"),
  ),
  odd("an age file in a value", "q.json", undefined, async (recipient) =>
    JSON.stringify({ backup: await armored(recipient) }),
  ),
  odd("JSON in JSON", "r.tfstate", undefined, async (recipient, stranger) =>
    JSON.stringify({ data: (await sealed("json", recipient)).replace(recipient, stranger) }),
  ),
  odd("an archive", "s.tar", undefined, async (recipient) =>
    Buffer.concat([Buffer.from("a.age\0\0\0ustar\0"), await encryptAge(secret, [recipient]), Buffer.alloc(100)]),
  ),
  odd("a file of sops in a Secret", "t.yaml", undefined, async (recipient, stranger) => {
    const text = (await sealed("yaml", recipient)).replace(recipient, stranger);
    return `kind: Secret\ndata:\n  a.yaml: ${Buffer.from(text).toString("base64")}\n`;
  }),
  odd(
    "marks of a merge",
    "u.yaml",
    undefined,
    async (recipient, stranger) => `<<<<<<< ours\n${(await sealed("yaml", recipient)).replace(recipient, stranger)}`,
  ),
  odd("the first half", "v.json", undefined, async (recipient, stranger) => {
    const text = (await sealed("json", recipient)).replace(recipient, stranger);
    return text.slice(0, text.indexOf("-----END AGE"));
  }),
  broken("half of a data key", "w.yaml", async (recipient, stranger) =>
    (await sealed("yaml", recipient))
      .replace(recipient, stranger)
      .replace(/^ {12}YWdl.*\n.*\n/m, (lines) => `${lines.slice(0, 60)}\n`),
  ),
  odd("another reader's name in the first of two documents", "x.yaml", "yaml", async (recipient, stranger) => {
    const { text } = await encrypt("secret: value\n---\nc: d\n", { format: "yaml", recipients: [recipient] });
    return text.replaceAll(recipient, stranger);
  }),
  broken("an age file in a program, line by line", "y.js", async (recipient) => {
    const lines = (await armored(recipient)).trimEnd().split("\n");
    return `const backup = ${lines.map((line) => JSON.stringify(`${line}\n`)).join(" +\n  ")};\n`;
  }),
  broken("an age file in a script of PowerShell", "z.ps1", async (recipient) =>
    (await armored(recipient)).replaceAll("\n", "`n"),
  ),
  broken("an age file in comments of a batch file", "a.bat", async (recipient) =>
    (await armored(recipient)).replace(/^/gm, "rem "),
  ),
  broken("an age file with numbers of lines", "b.txt", async (recipient) => {
    const lines = (await armored(recipient)).split("\n");
    return lines.map((line, index) => `${index + 1}: ${line}\n`).join("");
  }),
  broken("an age file in a URL", "c.url", async (recipient) => encodeURIComponent(await armored(recipient))),
  odd("an age file behind two bytes that UTF-16 may begin with", "d.db", undefined, async (recipient) =>
    Buffer.concat([Buffer.from([1, 0]), await encryptAge(secret, [recipient])]),
  ),
  odd("a file of sops behind two bytes that UTF-16 may begin with", "e.db", undefined, async (recipient, stranger) =>
    Buffer.concat([Buffer.from([0, 1]), Buffer.from((await sealed("yaml", recipient)).replace(recipient, stranger))]),
  ),
];
