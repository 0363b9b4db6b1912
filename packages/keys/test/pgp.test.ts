/** PGP, with GnuPG and the real sops: what each of them writes, the others open. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pgp, pgpSource } from "@isosops/keys/pgp";
import { decrypt, encrypt } from "isosops";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { findSops } from "../../../test-vectors/tools.js";
import { type GnupgHome, gnupg, makeHome, modernGnupg, noGnupg, noModernGnupg } from "./gnupg-home.js";

const versions = findSops();
if (versions.length === 0) console.warn("PGP is not compared with sops: sops was not found. Set SOPS_BIN.");

const folder = mkdtempSync(join(tmpdir(), "isosops-pgp-"));
const homes: GnupgHome[] = [];
afterAll(() => {
  for (const home of homes) home.remove();
  rmSync(folder, { recursive: true, force: true });
});

function newHome(...[program, settings]: Parameters<typeof makeHome>): GnupgHome {
  const home = makeHome(program, settings);
  homes.push(home);
  return home;
}

const plain = "a: hello\nb: 42\n";

/** Runs sops on a YAML text with the keys of a home. */
function sops(path: string, parameters: string[], text: string, env: Record<string, string>): string {
  const name = join(folder, "input.yaml");
  writeFileSync(name, text);
  const base = { PATH: process.env.PATH ?? "", HOME: folder };
  return execFileSync(path, [...parameters, name], {
    encoding: "utf8",
    env: { ...base, ...env },
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

const opened = async (text: string, source: ReturnType<typeof pgpSource>): Promise<string> =>
  (await decrypt(text, { format: "yaml", keySources: [source] })).text.replaceAll(/^ +/gm, "");

const written = async (...keys: ReturnType<typeof pgp>[]): Promise<string> =>
  (await encrypt(plain, { format: "yaml", keys })).text;

function entryOf(text: string): { fp: string; enc: string; created_at: string } {
  // A fingerprint of digits alone, or behind 0x, is no number: sops writes it as text.
  return parse(text, { schema: "failsafe" }).sops.pgp[0];
}

/** For the length of a test. */
function setVariables(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name];
    process.env[name] = value;
    onTestFinished(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
}

interface KeyCase {
  readonly name: string;
  make(home: GnupgHome): string;
}

const pair = (name: string, primary: string, subkey: string): KeyCase => ({
  name,
  make(home) {
    const fingerprint = home.makeKey(name, primary);
    home.addSubkey(fingerprint, subkey);
    return fingerprint;
  },
});

const kinds: readonly KeyCase[] = [
  pair("rsa2048", "rsa2048", "rsa2048"),
  pair("rsa4096", "rsa4096", "rsa4096"),
  pair("cv25519", "ed25519", "cv25519"),
  pair("nistp256", "nistp256", "nistp256"),
  pair("nistp384", "nistp384", "nistp384"),
  pair("nistp521", "nistp521", "nistp521"),
  {
    name: "an old and a new subkey",
    make(home) {
      const at = "20200101T000000";
      const fingerprint = home.makeKey("subkeys", "ed25519", { at });
      home.addSubkey(fingerprint, "cv25519", { at });
      home.addSubkey(fingerprint, "rsa2048");
      return fingerprint;
    },
  },
  {
    name: "a primary key that encrypts",
    make: (home) => home.makeKey("primary", "rsa2048", { usage: "cert,sign,encr" }),
  },
];

describe.skipIf(noGnupg !== undefined)(`keys of gpg ${gnupg?.version}`, () => {
  let home: GnupgHome;
  beforeAll(() => {
    home = newHome(gnupg!);
  });

  describe.each(kinds)("$name", ({ make }) => {
    let fingerprint: string;
    let publicKey: Buffer;
    let privateKey: Buffer;
    beforeAll(() => {
      fingerprint = make(home);
      publicKey = home.publicKey(fingerprint);
      privateKey = home.privateKey(fingerprint);
    }, 120_000);
    const inHand = () => pgpSource({ privateKeys: privateKey, gpg: false });
    const byGpg = () => pgpSource({ gnupgHome: home.folder });

    test("with the key and with gpg, both ways", async () => {
      const texts = {
        inHand: await written(pgp(publicKey)),
        byGpg: await written(pgp(fingerprint, { gnupgHome: home.folder })),
      };
      for (const text of Object.values(texts)) {
        expect(entryOf(text).fp).toBe(fingerprint);
        expect(await opened(text, inHand())).toBe(plain);
        expect(await opened(text, byGpg())).toBe(plain);
        expect(home.gpg(["--decrypt"], entryOf(text).enc)).toHaveLength(32);
      }
    });

    test.each(versions)("sops $version, both ways", async ({ path }) => {
      const env = { GNUPGHOME: home.folder };
      const theirs = sops(path, ["--encrypt", "--pgp", fingerprint], plain, env);
      expect(await opened(theirs, inHand())).toBe(plain);
      expect(await opened(theirs, byGpg())).toBe(plain);
      for (const key of [pgp(publicKey), pgp(fingerprint, { gnupgHome: home.folder })]) {
        const ours = await written(key);
        expect(sops(path, ["--decrypt"], ours, env)).toBe(plain);
        expect(Object.keys(entryOf(ours))).toEqual(Object.keys(entryOf(theirs)));
        expect(entryOf(ours).fp).toBe(entryOf(theirs).fp);
      }
    });
  });

  describe("ways to name a key and to hold it", () => {
    let fingerprint: string;
    let older: string;
    let newer: string;
    beforeAll(() => {
      const at = "20200101T000000";
      fingerprint = home.makeKey("named", "ed25519", { at });
      older = home.addSubkey(fingerprint, "cv25519", { at });
      newer = home.addSubkey(fingerprint, "cv25519");
    });

    /** The subkey that a message is for, as gpg tells it. */
    const recipientOf = (text: string): string =>
      /keyid ([0-9A-F]{16})/.exec(home.gpg(["--list-packets"], entryOf(text).enc).toString())![1]!;

    test.each([
      ["a fingerprint", () => fingerprint, () => newer],
      ["in lower case", () => fingerprint.toLowerCase(), () => newer],
      ["16 digits", () => fingerprint.slice(-16), () => newer],
      ["0x", () => `0x${fingerprint}`, () => newer],
      ["spaces", () => fingerprint.replaceAll(/(.{4})/g, "$1 "), () => newer],
      ["of a subkey", () => older, () => newer],
      ["of the very subkey", () => `${older}!`, () => older],
      ["16 digits of the very subkey", () => `${older.slice(-16)}!`, () => older],
    ])("%s", async (_, name, recipient) => {
      const publicKeys = [home.publicKey(fingerprint)];
      const texts = [
        await written(pgp(name(), { gnupgHome: home.folder })),
        await written(pgp(name(), { publicKeys, gpg: false })),
      ];
      const expected = versions.map(({ path }) =>
        sops(path, ["--encrypt", "--pgp", name()], plain, { GNUPGHOME: home.folder }),
      );
      for (const text of [...texts, ...expected]) {
        expect(entryOf(text).fp).toBe(name().replaceAll(" ", ""));
        expect(recipientOf(text)).toBe(recipient().slice(-16));
        expect(await opened(text, pgpSource({ gnupgHome: home.folder }))).toBe(plain);
      }
    });

    test("several keys in one export: each opens the file", async () => {
      const other = home.makeKey("other", "rsa2048", { usage: "cert,sign,encr" });
      const both = home.gpg(["--export", fingerprint, other]);
      const armored = home.gpg(["--export", "--armor", fingerprint]).toString();
      const second = home.gpg(["--export", "--armor", other]).toString();
      for (const keys of [both, `${armored}\n${second}`, new TextEncoder().encode(armored + second)]) {
        const text = await written(pgp(keys));
        expect(parse(text).sops.pgp.map(({ fp }: { fp: string }) => fp)).toEqual([fingerprint, other]);
        for (const key of [fingerprint, other]) {
          const source = pgpSource({ privateKeys: home.privateKey(key), gpg: false });
          // Of two entries, one is for the other key.
          expect(await opened(text, source)).toBe(plain);
        }
      }
      const keyring = { publicKeys: both, gpg: false } as const;
      expect(entryOf(await written(pgp(other, keyring))).fp).toBe(other);
    });

    test("subkeys alone, without the secret part of the primary key", async () => {
      const subkeys = home.gpg(["--export-secret-subkeys", fingerprint]);
      const text = await written(pgp(home.publicKey(fingerprint)));
      expect(await opened(text, pgpSource({ privateKeys: subkeys, gpg: false }))).toBe(plain);
    });

    test("a message that hides its recipient", async () => {
      const text = await written(pgp(home.publicKey(fingerprint)));
      const dataKey = home.gpg(["--decrypt"], entryOf(text).enc);
      const parameters = ["--trust-model", "always", "--armor", "--encrypt", "--hidden-recipient", fingerprint];
      const hidden = home.gpg(parameters, dataKey).toString().trim();
      expect(hidden).not.toBe("");
      const indented = hidden.replaceAll("\n", "\n            ");
      const rewritten = text.replace(/-----BEGIN PGP MESSAGE[\s\S]*END PGP MESSAGE-----/, indented);
      expect(rewritten).not.toBe(text);
      const keys = [
        home.privateKey(home.makeKey("stranger", "rsa2048", { usage: "cert,encr" })),
        home.privateKey(fingerprint),
      ];
      expect(await opened(rewritten, pgpSource({ privateKeys: keys, gpg: false }))).toBe(plain);
    });
  });

  test.each(["brainpoolP256r1", "secp256k1"])("a curve that the library has not on Node, by gpg: %s", async (curve) => {
    const fingerprint = home.makeKey(curve, curve);
    home.addSubkey(fingerprint, curve);
    const publicKeys = home.publicKey(fingerprint);
    const privateKeys = home.privateKey(fingerprint);
    const byGpg = { gnupgHome: home.folder };
    const text = await written(pgp(fingerprint, { ...byGpg, publicKeys }));
    expect(await opened(text, pgpSource({ ...byGpg, privateKeys }))).toBe(plain);
    const words = { message: expect.stringContaining(`kind (${curve}) are supported with gpg only`) };
    await expect(written(pgp(publicKeys))).rejects.toMatchObject(words);
    await expect(opened(text, pgpSource({ privateKeys, gpg: false }))).rejects.toMatchObject(words);
    for (const { path } of versions) expect(sops(path, ["--decrypt"], text, { GNUPGHOME: home.folder })).toBe(plain);
  });

  test.skipIf(versions.length === 0).each(["brainpoolP256r1", "secp256k1"])(
    "a curve that the library has elsewhere: %s",
    (curve) => {
      const fingerprint = home.makeKey(`${curve}-elsewhere`, curve);
      home.addSubkey(fingerprint, curve);
      const text = sops(versions[0]!.path, ["--encrypt", "--pgp", fingerprint], plain, { GNUPGHOME: home.folder });
      const files = { public: home.publicKey(fingerprint), private: home.privateKey(fingerprint), text };
      for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, `${curve}.${name}`), content);
      // The modules that a bundle for a browser has.
      const script = `
      import { readFileSync } from "node:fs";
      import { pgp, pgpSource } from "@isosops/keys/pgp";
      import { decrypt, encrypt } from "isosops";
      const read = (name) => readFileSync(${JSON.stringify(join(folder, curve))} + "." + name);
      const options = { format: "yaml", keySources: [pgpSource({ privateKeys: read("private"), gpg: false })] };
      const theirs = await decrypt(read("text"), options);
      const { text } = await encrypt(theirs.text, { format: "yaml", keys: [pgp(read("public"))] });
      const ours = await decrypt(text, options);
      process.stdout.write(JSON.stringify([theirs.text, ours.text, text]));
    `;
      const printed = execFileSync(
        process.execPath,
        ["--conditions=browser", "--no-warnings", "--input-type=module", "--eval", script],
        { cwd: join(import.meta.dirname, ".."), encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
      );
      const [theirs, ours, encrypted] = JSON.parse(printed) as [string, string, string];
      expect([theirs, ours].map((each) => each.replaceAll(/^ +/gm, ""))).toEqual([plain, plain]);
      expect(sops(versions[0]!.path, ["--decrypt"], encrypted, { GNUPGHOME: home.folder })).toBe(plain);
    },
  );

  test("the parameters of gpg are those of sops, and a request for status lines", async () => {
    const fingerprint = home.makeKey("logged", "rsa2048", { usage: "cert,encr" });
    const log = join(folder, "gpg.log");
    const logger = join(folder, "logging-gpg");
    writeFileSync(logger, `#!/bin/sh\necho "$@" >>'${log}'\nexec ${gnupg!.path} "$@"\n`);
    chmodSync(logger, 0o755);
    const logged = () => {
      const lines = readFileSync(log, "utf8").trimEnd().split("\n");
      writeFileSync(log, "");
      return lines;
    };
    const env = { GNUPGHOME: home.folder, SOPS_GPG_EXEC: logger };
    setVariables(env);
    const ours = await written(pgp(fingerprint));
    expect(await opened(ours, pgpSource())).toBe(plain);
    const status = " --status-fd 2";
    const ourLines = logged();
    expect(ourLines.every((line) => line.endsWith(status))).toBe(true);
    expect(ourLines).toHaveLength(2);
    for (const { path } of versions) {
      const theirs = sops(path, ["--encrypt", "--pgp", fingerprint], plain, env);
      sops(path, ["--decrypt"], theirs, env);
      expect(ourLines.map((line) => line.slice(0, -status.length))).toEqual(logged());
    }
  });

  test("the keyrings of an old GnuPG go before gpg, as in sops", async () => {
    const fingerprint = home.makeKey("old", "rsa2048", { usage: "cert,sign,encr" });
    const rings = mkdtempSync(join(folder, "rings-"));
    writeFileSync(join(rings, "pubring.gpg"), home.publicKey(fingerprint));
    writeFileSync(join(rings, "secring.gpg"), home.privateKey(fingerprint));
    const env = { GNUPGHOME: rings, SOPS_GPG_EXEC: "/bin/false" };
    setVariables(env);
    const ours = await written(pgp(fingerprint));
    expect(await opened(ours, pgpSource())).toBe(plain);
    for (const { path } of versions) {
      const theirs = sops(path, ["--encrypt", "--pgp", fingerprint], plain, env);
      expect(await opened(theirs, pgpSource())).toBe(plain);
      expect(sops(path, ["--decrypt"], ours, env)).toBe(plain);
    }
    // Without `secring.gpg`, private keys are looked for in `pubring.gpg`.
    rmSync(join(rings, "secring.gpg"));
    writeFileSync(join(rings, "pubring.gpg"), home.privateKey(fingerprint));
    expect(await opened(ours, pgpSource())).toBe(plain);
    for (const { path } of versions) expect(sops(path, ["--decrypt"], ours, env)).toBe(plain);
  });
});

describe.skipIf(noModernGnupg !== undefined)(`keys of GnuPG ${modernGnupg?.version}`, () => {
  const gnupgHere = () => ({ gpg: modernGnupg!.path });

  test.each([
    ["its defaults", []],
    ["a key that prefers OCB", ["compliance gnupg"]],
    ["OCB by force", ["force-ocb"]],
  ])("%s", async (name, settings) => {
    const home = newHome(modernGnupg!, settings);
    const fingerprint = home.makeKey("modern", "default", { usage: "default" });
    const options = { ...gnupgHere(), gnupgHome: home.folder };
    const env = { GNUPGHOME: home.folder, SOPS_GPG_EXEC: modernGnupg!.path };
    const texts = [
      await written(pgp(home.publicKey(fingerprint))),
      await written(pgp(fingerprint, options)),
      ...versions.map(({ path }) => sops(path, ["--encrypt", "--pgp", fingerprint], plain, env)),
    ];
    const isAead = texts.map((text) =>
      home.gpg(["--list-packets"], entryOf(text).enc).includes("aead encrypted packet"),
    );
    expect(isAead).toEqual(texts.map((_, index) => index > 0 && name !== "its defaults"));
    for (const text of texts) {
      expect(await opened(text, pgpSource({ privateKeys: home.privateKey(fingerprint), gpg: false }))).toBe(plain);
      expect(await opened(text, pgpSource(options))).toBe(plain);
      for (const { path } of versions) expect(sops(path, ["--decrypt"], text, env)).toBe(plain);
    }
  });

  test("a v5 key, by gpg alone", async () => {
    const home = newHome(modernGnupg!, ["compliance gnupg"]);
    const fingerprint = home.makeKey("five", "ed448");
    home.addSubkey(fingerprint, "cv448");
    expect(fingerprint).toHaveLength(64);
    const options = { ...gnupgHere(), gnupgHome: home.folder };
    const env = { GNUPGHOME: home.folder, SOPS_GPG_EXEC: modernGnupg!.path };
    const ours = await written(pgp(fingerprint, options));
    expect(await opened(ours, pgpSource(options))).toBe(plain);
    for (const { path } of versions) {
      expect(sops(path, ["--decrypt"], ours, env)).toBe(plain);
      expect(await opened(sops(path, ["--encrypt", "--pgp", fingerprint], plain, env), pgpSource(options))).toBe(plain);
    }
    // For a given private key that only gpg supports, gpg is tried.
    const privateKeys = home.privateKey(fingerprint);
    expect(await opened(ours, pgpSource({ ...options, privateKeys }))).toBe(plain);
    await expect(opened(ours, pgpSource({ privateKeys, gpg: false }))).rejects.toMatchObject({
      code: "invalid_identity",
      message: expect.stringContaining("v5 key of GnuPG"),
    });
    await expect(written(pgp(home.publicKey(fingerprint)))).rejects.toMatchObject({
      code: "invalid_recipient",
      message: expect.stringContaining("v5 key of GnuPG"),
    });
  });
});
