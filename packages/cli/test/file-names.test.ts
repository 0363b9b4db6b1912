/** Files with names that are not UTF-8, and unusual kinds of files, given to every command. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesOfName, nameOf } from "../../node/dist/file-system/names.js";
import { bin, first, makeFolder, noSops, type Outcome, plainYaml, run, skippedWithoutSops, sops } from "./support.js";

/** Bytes of names; not every system allows names that are not UTF-8. */
const names = {
  "Latin 1": Buffer.from("gr\xf6sse.yaml", "latin1"),
  "half a character, and U+FFFD": Buffer.concat([Buffer.from("\ufffd"), Buffer.of(0xff), Buffer.from("\ufffd.yaml")]),
  "a line break": Buffer.from("a\nb.yaml"),
};

const takesBytes = process.platform === "linux";
if (!takesBytes) console.log("Names that are not UTF-8 are skipped: this system does not allow them.");

interface Place {
  folder: string;
  env: Record<string, string>;
  /** The command, with `NAME` in place of the file's name, by a shell, since Node has no other way to give bytes. */
  call(...args: string[]): Promise<Outcome>;
  /** The real sops, which decrypts the file. */
  callSops(identity?: string): Promise<Outcome>;
  /** The content of the file. */
  read(): string;
}

function makePlace(name: Buffer, content: string): Place {
  const folder = makeFolder();
  const path = Buffer.concat([Buffer.from(`${folder}/`), name]);
  writeFileSync(path, content);
  const env = { SOPS_AGE_KEY: first.identity, ISOSOPS_HOME: join(folder, "home"), HOME: folder };
  const octal = [...name].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  const inShell = (command: string, own: Record<string, string>) =>
    // A shell takes line breaks from the end of what it is given.
    run("/bin/sh", ["-c", `NAME="$(printf '${octal}.')"; NAME="\${NAME%.}"; exec ${command}`], {
      cwd: folder,
      env: own,
    });
  return {
    folder,
    env,
    read: () => readFileSync(path, "utf8"),
    call: (...args) => inShell(`"${process.execPath}" "${bin}" ${args.join(" ")}`, env),
    callSops: (identity = first.identity) => inShell(`"${sops}" -d "$NAME"`, { SOPS_AGE_KEY: identity, HOME: folder }),
  };
}

const file = '"$NAME"';

describe.skipIf(!takesBytes).each(Object.entries(names))("a name with %s", (_, name) => {
  test("names the file to every command that takes one", async () => {
    const { call, read, folder } = makePlace(name, plainYaml);
    const shown = name.toString().includes("\ufffd") ? /\\x|\ufffd/ : /./;
    expect(await call("encrypt", "--age", first.recipient, "-i", file)).toMatchObject({ exit: 0, stderr: "" });
    expect(read()).toContain("ENC[");
    expect((await call("decrypt", file)).stdout).toBe(plainYaml);
    expect((await call("-d", file)).stdout).toBe(plainYaml);
    expect(await call("set", file, `'["user"]' '"me"'`)).toMatchObject({ exit: 0, stderr: "" });
    expect(await call("unset", file, `'["nested"]["pin"]'`)).toMatchObject({ exit: 0, stderr: "" });
    expect(await call("encrypt", "--select", "user", "-i", file)).toMatchObject({ exit: 0, stderr: "" });
    const verified = JSON.parse((await call("verify", "--json", file, ".")).stdout);
    expect(verified).toMatchObject({ files: { found: 1, encrypted: 1 } });
    expect((await call("doctor", file)).exit).toBe(0);
    writeFileSync(join(folder, "value"), '"new"');
    renameSync(join(folder, "value"), Buffer.concat([Buffer.from(`${folder}/`), Buffer.of(0xe4)]));
    const value = `"$(printf '\\344')"`;
    expect(await call("set", "--value-file", file, `'["user"]'`, value)).toMatchObject({ exit: 0, stderr: "" });
    expect((await call("decrypt", "--extract", `'["user"]'`, file)).stdout).toBe("new");
    const out = `"$NAME".out`;
    expect(await call("decrypt", "--output", out, file)).toMatchObject({ exit: 0, stderr: "" });
    expect(readFileSync(Buffer.concat([Buffer.from(`${folder}/`), name, Buffer.from(".out")]), "utf8")).toContain(
      "new",
    );
    // It is named so that a person knows which one is meant.
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), name]), `${plainYaml}a: [`);
    const broken = await call("encrypt", "--age", first.recipient, file);
    expect(broken).toMatchObject({ exit: 2, stdout: "", stderr: expect.stringMatching(shown) });
  });

  test.skipIf(sops === undefined)(`names it to sops, which opens it${skippedWithoutSops}`, async () => {
    const { call, callSops } = makePlace(name, plainYaml);
    await call("encrypt", "--age", first.recipient, "-i", file);
    await call("set", file, `'["user"]' '"me"'`);
    expect((await callSops()).stdout).toContain("user: me");
  });

  test("names it to age", async () => {
    const { call, read } = makePlace(name, "a secret\n");
    expect(await call("age", "encrypt", "-r", first.recipient, "-a", "-o", `"$NAME".age`, file)).toMatchObject({
      exit: 0,
    });
    expect(await call("age", "inspect", `"$NAME".age`)).toMatchObject({ exit: 0 });
    expect(await call("age", "keygen", "-o", `"$NAME".key`)).toMatchObject({ exit: 0 });
    expect(await call("age", "encrypt", "-R", `"$NAME".txt`, file)).toMatchObject({ exit: 1, stdout: "" });
    expect(await call("age", "keygen", "-y", `"$NAME".key`, ">", `"$NAME".txt`)).toMatchObject({ exit: 0 });
    expect(await call("age", "encrypt", "-R", `"$NAME".txt`, "-o", `"$NAME".age`, file)).toMatchObject({ exit: 0 });
    const decrypted = await call("age", "decrypt", "-i", `"$NAME".key`, `"$NAME".age`);
    expect(decrypted).toMatchObject({ exit: 0, stdout: read() });
  });

  test("loses no key in a rotation", async ({ skip }) => {
    const { call, callSops, folder } = makePlace(name, plainYaml);
    const { stdout } = await call("org", "init", "--recipient", first.recipient);
    expect((await call("encrypt", "--age", stdout.trim(), "-i", file)).exit).toBe(0);
    await call("org", "rotate");
    mkdirSync(join(folder, "elsewhere"));
    // By its name, in a folder, and from before.
    for (const path of [file, ".", "elsewhere"]) {
      expect(await call("org", "confirm", path)).toMatchObject({
        exit: 15,
        stderr: expect.stringContaining("encrypted for it"),
      });
    }
    expect((await call("org", "status", file)).stdout).toMatch(/: the old key\n$/);
    expect(await call("org", "reencrypt", file)).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining("1 file re-encrypted"),
    });
    expect(await call("org", "cancel", "elsewhere")).toMatchObject({ exit: 15 });
    expect(await call("org", "confirm", "elsewhere")).toMatchObject({ exit: 0 });
    const keys = (await call("org", "export")).stdout.match(/^AGE-SECRET-KEY-1\S+$/gm)!;
    expect(keys).toHaveLength(1);
    if (sops === undefined) return skip(noSops);
    expect((await callSops(keys[0])).stdout).toContain("user: shop");
  });
});

describe.skipIf(!takesBytes)("a folder whose name is not UTF-8", () => {
  const folderName = Buffer.from("d\xf6r", "latin1");

  async function makeRepository(): Promise<Place & { at(script: string): Promise<Outcome> }> {
    const place = makePlace(folderName, "");
    const path = Buffer.concat([Buffer.from(`${place.folder}/`), folderName]);
    execFileSync("/bin/sh", ["-c", 'rm "$(printf "d\\366r")"'], { cwd: place.folder });
    mkdirSync(path);
    writeFileSync(Buffer.concat([path, Buffer.from("/a.yaml")]), plainYaml);
    const at = (script: string) =>
      run("/bin/sh", ["-c", `cd "$(printf 'd\\366r')" && exec "${process.execPath}" "${bin}" ${script}`], {
        cwd: place.folder,
        env: place.env,
      });
    const { stdout } = await place.call("org", "init", "--recipient", first.recipient);
    expect(await at(`encrypt --age ${stdout.trim()} -i a.yaml`)).toMatchObject({ exit: 0, stderr: "" });
    return { ...place, at };
  }

  test("is one to work in", async () => {
    const { call, at } = await makeRepository();
    await call("org", "rotate");
    for (const path of ["home", "."]) expect((await call("org", "confirm", path)).exit).toBe(15);
    expect((await at("org confirm .")).exit).toBe(15);
    expect((await at("org status .")).stdout).toBe("a.yaml: the old key\n");
    expect(await at("org reencrypt .")).toMatchObject({ exit: 0, stdout: "a.yaml\n" });
    expect((await at("org confirm .")).exit).toBe(0);
  });

  test("is found where an older version could not name it", async () => {
    const { call, folder } = await makeRepository();
    const keyring = join(folder, "home", "keyring.json");
    const state = JSON.parse(readFileSync(keyring, "utf8"));
    expect(state.known).toEqual([join(folder, "d\udcf6r/a.yaml")]);
    writeFileSync(keyring, JSON.stringify({ ...state, known: [join(folder, "d\ufffdr/a.yaml")] }));
    await call("org", "rotate");
    expect((await call("org", "confirm", "home")).exit).toBe(15);
    expect((await call("org", "reencrypt", ".")).exit).toBe(0);
    expect((await call("org", "confirm", "home")).exit).toBe(0);
  });
});

test("a known file that is a link to nothing keeps the key", async () => {
  const { call, folder } = makePlace(Buffer.from("a.yaml"), plainYaml);
  const { stdout } = await call("org", "init", "--recipient", first.recipient);
  expect((await call("encrypt", "--age", stdout.trim(), "-i", file)).exit).toBe(0);
  await call("org", "rotate");
  renameSync(join(folder, "a.yaml"), join(folder, "home", "b.yaml"));
  symlinkSync("away/b.yaml", join(folder, "a.yaml"));
  mkdirSync(join(folder, "empty"));
  expect(await call("org", "confirm", "empty")).toMatchObject({
    exit: 15,
    stderr: expect.stringContaining("it is a symbolic link that leads nowhere"),
  });
  expect((await call("org", "confirm", "--except", "a.yaml", "empty")).exit).toBe(0);
});

test("names are bytes, whatever they are", () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48271) % 2147483647;
    return seed;
  };
  const bytes = [
    0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xed, 0xb3, 0xef, 0xbd, 0xf0, 0x9f, 0xf4, 0xff,
  ];
  const seen = new Map<string, string>();
  for (let count = 0; count < 20_000; count++) {
    const name = Buffer.from(Array.from({ length: random() % 8 }, () => bytes[random() % bytes.length]!));
    const text = nameOf(name);
    expect(bytesOfName(text).equals(name), name.toString("hex")).toBe(true);
    expect(seen.get(text) ?? name.toString("hex")).toBe(name.toString("hex"));
    seen.set(text, name.toString("hex"));
    // What is UTF-8 is what it is everywhere.
    if (Buffer.from(name.toString()).equals(name)) expect(text).toBe(name.toString());
  }
});
