/** Requests that are small for what they ask of the server: each has stopped one, or some other program, for seconds. */
import { encrypt as encryptAge, generateIdentity } from "../../age/dist/index.js";

export interface Bomb {
  readonly name: string;
  readonly route: "encrypt" | "decrypt";
  readonly body: string;
}

const times = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join("");
const list = (count: number, item: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => item(i));

/** @param sealed a document that is encrypted for the organisation, with a value `a` */
export async function makeBombs(sealed: string): Promise<Bomb[]> {
  const encrypt = (name: string, yaml_content: string, encrypted_paths: string[] = ["a"]): Bomb => ({
    name,
    route: "encrypt",
    body: JSON.stringify({ yaml_content, encrypted_paths }),
  });
  const decrypt = (name: string, encrypted_yaml: string): Bomb => ({
    name,
    route: "decrypt",
    body: JSON.stringify({ encrypted_yaml }),
  });
  const rule = (pattern: string) => sealed.replace(/encrypted_regex: .*/, () => `encrypted_regex: '${pattern}'`);
  const { recipient: stranger } = await generateIdentity();
  const many = await encryptAge(new Uint8Array(32), new Array<string>(18_000).fill(stranger), { armor: true });
  const [entry] = /^ +- (?:enc|recipient)[\s\S]*?END AGE[\s\S]*?(?=^ {4}\w)/m.exec(sealed)!;
  const [enc] = /^ +-----BEGIN AGE[\s\S]*?-----END AGE.*\n/m.exec(sealed)!;
  const indentation = /^ +/.exec(enc)![0];
  return [
    encrypt("300,000 documents", `a: b\n${"---\n".repeat(300_000)}`),
    encrypt(
      "1,000 documents of many values",
      `a: b\n${"---\na: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]\n".repeat(999)}`,
    ),
    encrypt(
      "40,000 names and as many keys",
      times(40_000, (i) => `k${i}: v\n`),
      list(40_000, (i) => `k${i}`),
    ),
    encrypt(
      "1,000 names and 300,000 keys",
      times(300_000, (i) => `k${i}: v\n`),
      list(1000, (i) => `k${i}`),
    ),
    encrypt(
      "1,000 names that are not there",
      times(300_000, (i) => `k${i}: v\n`),
      list(1000, (i) => `x${i}`),
    ),
    encrypt(
      "1,000 stars",
      `x:\n${times(100_000, (i) => `  k${i}: v\n`)}`,
      list(1000, (i) => `*.k${i}`),
    ),
    encrypt(
      "1,000 times everything",
      times(100_000, (i) => `k${i}: v\n`),
      list(1000, (i) => `**.k${i}.**`),
    ),
    encrypt(
      "a path of 100,000 stars",
      times(500, (i) => `${" ".repeat(i)}a:\n`),
      [`${"**.*.".repeat(50_000)}a`],
    ),
    encrypt("a name of 4 MB", "a: b\n", ["k".repeat(4_000_000)]),
    encrypt("2,000,000 values", `a: [${"x,".repeat(2_000_000)}]\n`),
    encrypt(
      "aliases of aliases",
      `a0: &a0 [${"x,".repeat(10)}]\n${times(9, (i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(10)}]\n`)}`,
      ["a8"],
    ),
    encrypt("100,000 anchors", `${times(100_000, (i) => `k${i}: &k${i} v\n`)}a: *k0\n`),
    encrypt("nested 1,000,000 deep", `a: ${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`),
    encrypt(
      "nested 900 deep, 100,000 times",
      `${times(900, (i) => `{k${i}: `)}[${"x, ".repeat(100_000)}]${"}".repeat(900)}`,
      list(900, (i) => `k${i}`),
    ),
    encrypt(
      "a key of 1,000 characters above 100,000 values",
      `${"k".repeat(1000)}:\n${times(100_000, (i) => `  a${i}: v\n`)}`,
      ["k".repeat(1000)],
    ),
    encrypt(
      "a key of 1 MB above 10,000 values",
      `? ${"k".repeat(1_000_000)}\n:\n${times(10_000, (i) => `  a${i}: v\n`)}`,
      ["k".repeat(1_000_000)],
    ),
    encrypt("400,000 comments", `${"# c\n".repeat(200_000)}a: b\n${"# c\n".repeat(200_000)}`),
    encrypt("comments in a list", `a:\n${"  # c\n  - b\n".repeat(100_000)}`),
    encrypt("a scalar of 1,000,000 lines", `a: |\n${"  x\n".repeat(1_000_000)}`),
    encrypt("digits", `a: ${"9".repeat(2_000_000)}\nb: 1e${"9".repeat(2_000_000)}\n`),
    decrypt(
      "18,000 stanzas",
      sealed.replace(enc, () => many.toString().replace(/^(?=.)/gm, indentation)),
    ),
    decrypt(
      "10,000 recipients",
      sealed.replace(entry, () => entry.replace(/age1\w+/, stranger).repeat(10_000) + entry),
    ),
    decrypt(
      "100,000 key groups",
      sealed.replace(
        /^ {4}age:/m,
        () => `    shamir_threshold: 2\n    key_groups:\n${"        - age: []\n".repeat(100_000)}    age:`,
      ),
    ),
    decrypt(
      "a rule of 100,000 literals",
      rule(list(100_000, (i) => `k${i}`).join("|")).replace("a: ", () => `${times(50_000, (i) => `q${i}: y\n`)}a: `),
    ),
    decrypt(
      "a rule that is a large automaton",
      rule("((a{0,30}){0,30}x?){30}y").replace(
        "a: ",
        () => `${"a".repeat(500)}: y\n${times(20_000, (i) => `${"a".repeat(50)}${i}: y\n`)}a: `,
      ),
    ),
    decrypt(
      "100,000 values that are no ciphertexts",
      sealed.replace(
        "a: ",
        () => `${times(100_000, (i) => `k${i}: ENC[AES256_GCM,data:aa,iv:aa,tag:aa,type:str]\n`)}a: `,
      ),
    ),
    { name: "JSON nested 5,000,000 deep", route: "encrypt", body: "[".repeat(5_000_000) },
    { name: "JSON of 900,000 members", route: "encrypt", body: `{${list(900_000, (i) => `"${i}":0`).join(",")}}` },
  ];
}
