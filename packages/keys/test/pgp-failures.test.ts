/** What goes wrong with PGP keys, made to happen with GnuPG, and said in words without a secret. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LockedPgpKey, type PgpSourceOptions, pgp, pgpSource, readPgpEnvironment } from "@isosops/keys/pgp";
import { decrypt, encrypt, type SopsError } from "isosops";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GnupgHome, gnupg, makeHome, noGnupg } from "./gnupg-home.js";

const folder = mkdtempSync(join(tmpdir(), "isosops-pgp-"));
let home: GnupgHome;
let empty: GnupgHome;
beforeAll(() => {
  if (gnupg === undefined) return;
  home = makeHome(gnupg);
  empty = makeHome(gnupg);
});
afterAll(() => {
  home?.remove();
  empty?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const secret = "correct horse";
const wrong = "battery staple";
const plain = "a: hello\n";

const written = async (...keys: ReturnType<typeof pgp>[]): Promise<string> =>
  (await encrypt(plain, { format: "yaml", keys })).text;
const opened = async (text: string, options: PgpSourceOptions): Promise<string> =>
  (await decrypt(text, { format: "yaml", keySources: [pgpSource(options)] })).text;

/** The error of it, which holds no secret, whole and in its causes. */
async function failureOf(work: Promise<unknown>): Promise<SopsError> {
  const error: SopsError = await work.then(
    () => expect.fail("it did not fail"),
    (thrown) => thrown,
  );
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    for (const text of [secret, wrong, "BEGIN PGP PRIVATE", "BEGIN PGP MESSAGE"]) {
      expect(`${one.message}${one.stack}`).not.toContain(text);
    }
  }
  expect(error.name).toBe("SopsError");
  return error;
}

function program(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

describe.skipIf(noGnupg !== undefined)("keys that cannot be encrypted for", () => {
  /** With gpg and with the key. */
  const both = async (fingerprint: string) => {
    const byGpg = await failureOf(written(pgp(fingerprint, { gnupgHome: home.folder })));
    const inHand = await failureOf(written(pgp(home.publicKey(fingerprint))));
    for (const { message } of [byGpg, inHand]) expect(message).toContain(`pgp ${fingerprint}: `);
    return [byGpg, inHand];
  };

  test("expired", async () => {
    const fingerprint = home.makeKey("expired", "rsa2048", {
      usage: "cert,encr",
      expires: "1y",
      at: "20200101T120000",
    });
    for (const { code, message } of await both(fingerprint)) {
      expect(code).toBe("key_disabled");
      expect(message).toMatch(/The key has expired on 2020-12-31\. Ask its owner/);
    }
    // If gpg has no renewed key, the error is about the given one.
    const publicKeys = home.publicKey(fingerprint);
    const either = await failureOf(written(pgp(fingerprint, { publicKeys, gnupgHome: empty.folder })));
    expect(either.message).toContain("The key has expired on 2020-12-31.");
    // What was encrypted for it before still opens, as with gpg.
    const fresh = ["--faked-system-time", "20200601T000000!", "--armor", "--encrypt", "--recipient", fingerprint];
    const enc = home.gpg(fresh, new Uint8Array(32)).toString();
    for (const options of [
      { gnupgHome: home.folder },
      { privateKeys: home.privateKey(fingerprint), gpg: false },
    ] as const) {
      const fields = new Map([["enc", enc]]);
      expect(await pgpSource(options).unwrap({ type: "pgp", fields })).toEqual(new Uint8Array(32));
    }
  });

  test("an expired subkey", async () => {
    const fingerprint = home.makeKey("half", "ed25519", { at: "20200101T120000" });
    home.addSubkey(fingerprint, "cv25519", { expires: "1y", at: "20200101T120000" });
    const [byGpg, inHand] = await both(fingerprint);
    expect([byGpg!.code, inHand!.code]).toEqual(["key_disabled", "key_disabled"]);
    expect(byGpg!.message).toContain("Its subkey for encryption has expired on 2020-12-31.");
    expect(inHand!.message).toContain("Its subkey for encryption has expired.");
  });

  test("revoked", async () => {
    const fingerprint = home.makeKey("revoked", "rsa2048", { usage: "cert,encr" });
    const made = join(home.folder, "openpgp-revocs.d", `${fingerprint}.rev`);
    home.gpg(["--import"], readFileSync(made, "utf8").replace(":-----BEGIN", "-----BEGIN"));
    const [byGpg, inHand] = await both(fingerprint);
    expect([byGpg!.code, inHand!.code]).toEqual(["key_disabled", "key_disabled"]);
    expect(inHand!.message).toContain("The key is revoked.");
    expect(byGpg!.message).toContain("The key is revoked.");
  });

  test("without a subkey for encryption", async () => {
    for (const { code, message } of await both(home.makeKey("signer", "ed25519"))) {
      expect(code).toBe("key_disabled");
      expect(message).toContain("It has no valid key for encryption.");
    }
  });

  test("unknown", async () => {
    const unknown = "0123456789ABCDEF0123456789ABCDEF01234567";
    const byGpg = await failureOf(written(pgp(unknown, { gnupgHome: empty.folder })));
    expect(byGpg.code).toBe("key_not_found");
    expect(byGpg.message).toBe(
      `pgp ${unknown}: gpg has no public key for it. Import it (\`gpg --import\`, \`gpg --receive-keys\`), or give the key itself.`,
    );
    const publicKeys = home.publicKey(home.makeKey("known", "ed25519"));
    const inHand = await failureOf(written(pgp(unknown, { publicKeys, gpg: false })));
    expect(inHand.code).toBe("key_not_found");
    expect(inHand.message).toContain("It is not one of the given public keys");
    expect((await failureOf(written(pgp(unknown, { gpg: false })))).code).toBe("key_not_found");
  });

  test("one of two: nothing is written, and the one is named", async () => {
    const good = home.makeKey("good", "rsa2048", { usage: "cert,encr" });
    const bad = home.makeKey("bad", "ed25519");
    const { message } = await failureOf(written(pgp(home.publicKey(good)), pgp(home.publicKey(bad))));
    expect(message).toContain(`pgp ${bad}`);
    expect(message).not.toContain(good);
  });
});

describe.skipIf(noGnupg !== undefined)("passphrases", () => {
  let fingerprint: string;
  let privateKeys: Buffer;
  let text: string;
  let keyId: string;
  beforeAll(async () => {
    fingerprint = home.makeKey("locked", "ed25519", { passphrase: secret });
    keyId = home.addSubkey(fingerprint, "cv25519", { passphrase: secret }).slice(-16);
    privateKeys = home.privateKey(fingerprint, secret);
    text = await written(pgp(home.publicKey(fingerprint)));
    home.restartAgent();
  }, 60_000);

  test("by a function", async () => {
    const asked: LockedPgpKey[] = [];
    const answers = [wrong, secret];
    const passphrase = async (key: LockedPgpKey) => {
      asked.push(key);
      return answers[asked.length - 1];
    };
    const source = pgpSource({ privateKeys, passphrase, gpg: false });
    const options = { format: "yaml", keySources: [source] } as const;
    // Of several files, one asks.
    const results = await Promise.all([decrypt(text, options), decrypt(text, options)]);
    expect(results.map((result) => result.text)).toEqual([plain, plain]);
    expect((await decrypt(text, options)).text).toBe(plain);
    const common = { fingerprint, keyId, userIds: ["locked <locked@example.com>"] };
    expect(asked).toEqual([
      { ...common, attempt: 1 },
      { ...common, attempt: 2 },
    ]);
  });

  test("from the environment", async () => {
    const armored = home
      .gpg(["--enarmor"], privateKeys)
      .toString()
      .replaceAll("PGP ARMORED FILE", "PGP PRIVATE KEY BLOCK");
    const env = { SOPS_GPG_KEY: armored, SOPS_GPG_PASSPHRASE: secret };
    expect(await opened(text, { ...readPgpEnvironment(env), gpg: false })).toBe(plain);
    expect(readPgpEnvironment({ SOPS_GPG_PASSPHRASE: secret })).toEqual({});
  });

  test("wrong, none, and none to ask for", async () => {
    let asked = 0;
    const always = await failureOf(opened(text, { privateKeys, passphrase: () => `${wrong}${asked++}`, gpg: false }));
    expect(asked).toBe(3);
    expect(always.code).toBe("credentials");
    expect(always.message).toContain(`The passphrase does not unlock the private key ${keyId}.`);
    asked = 0;
    await failureOf(opened(text, { privateKeys, passphrase: () => (asked++ < 9 ? wrong : secret), gpg: false }));
    expect(asked).toBe(2);
    const none = await failureOf(opened(text, { privateKeys, passphrase: () => undefined, gpg: false }));
    expect([none.code, none.message]).toEqual([
      "credentials",
      `pgp ${fingerprint}: No passphrase was given for the private key ${keyId}.`,
    ]);
    const unasked = await failureOf(opened(text, { privateKeys, gpg: false }));
    expect(unasked.message).toContain("is protected by a passphrase. Give `passphrase`.");
    expect(() => pgpSource({ privateKeys, passphrase: secret as never })).toThrow("must be a function");
  });

  test("by gpg's agent, once it is unlocked", async () => {
    // With a pinentry that answers.
    const pinentry = program("pinentry-right", pinentryThatSays(secret));
    home.restartAgent([`pinentry-program ${pinentry}`]);
    expect(await opened(text, { gnupgHome: home.folder })).toBe(plain);
    // The agent that runs knows it by now.
    writeFileSync(pinentry, pinentryThatSays(wrong));
    expect(await opened(text, { gnupgHome: home.folder })).toBe(plain);
    home.restartAgent();
  });

  test.each([
    ["wrong", "credentials", "gpg was given a wrong passphrase", () => pinentryThatSays(wrong)],
    ["cancelled", "credentials", "was cancelled", () => pinentryThatFails("83886179 Operation cancelled")],
    [
      "without a terminal",
      "credentials",
      "could not ask for the passphrase of the secret key: there is no terminal",
      () => pinentryThatFails("83918950 Inappropriate ioctl for device"),
    ],
  ])("by gpg's agent: %s", async (name, code, message, script) => {
    const pinentry = program(`pinentry-${name.replaceAll(" ", "-")}`, script());
    home.restartAgent([`pinentry-program ${pinentry}`]);
    const error = await failureOf(opened(text, { gnupgHome: home.folder }));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
    // A given private key is tried first.
    expect(await opened(text, { gnupgHome: home.folder, privateKeys, passphrase: () => secret })).toBe(plain);
    home.restartAgent();
  });

  test("without a pinentry, and without an agent", async () => {
    home.restartAgent(["pinentry-program /nonexistent/pinentry"]);
    const error = await failureOf(opened(text, { gnupgHome: home.folder }));
    expect([error.code, error.message]).toEqual(["credentials", expect.stringContaining("no pinentry program")]);
    home.restartAgent();
    const noAgent = program("gpg-no-agent", `#!/bin/sh\nexec ${gnupg!.path} --agent-program /nonexistent/agent "$@"\n`);
    const agent = await failureOf(opened(text, { gnupgHome: home.folder, gpg: noAgent }));
    expect([agent.code, agent.message]).toEqual(["credentials", expect.stringContaining("could not reach its agent")]);
  });
});

/** A pinentry, by its protocol (libassuan). */
const pinentryThat = (answer: string): string => `#!/bin/sh
echo OK
while read -r command rest; do
  case $command in
    GETPIN) ${answer} ;;
    BYE) echo OK; exit ;;
    *) echo OK ;;
  esac
done
`;
const pinentryThatSays = (passphrase: string) => pinentryThat(`echo 'D ${passphrase}'; echo OK`);
const pinentryThatFails = (error: string) => pinentryThat(`echo 'ERR ${error}'`);

describe.skipIf(noGnupg !== undefined)("messages that do not open", () => {
  let fingerprint: string;
  let text: string;
  beforeAll(async () => {
    fingerprint = home.makeKey("reader", "rsa2048", { usage: "cert,encr" });
    text = await written(pgp(home.publicKey(fingerprint)));
  });

  test("no secret key", async () => {
    const byGpg = await failureOf(opened(text, { gnupgHome: empty.folder }));
    expect(byGpg.code).toBe("no_matching_identity");
    expect(byGpg.message).toMatch(
      new RegExp(`by: pgp ${fingerprint}. Tried: the secret keys of gpg in ${empty.folder}.$`),
    );
    const stranger = home.makeKey("stranger", "ed25519");
    const privateKeys = home.privateKey(stranger);
    const inHand = await failureOf(opened(text, { privateKeys, gpg: false }));
    expect([inHand.code, inHand.message]).toEqual([
      "no_matching_identity",
      expect.stringContaining(`Tried: the PGP private key ${stranger}.`),
    ]);
    // That there is no gpg either is no news.
    const neither = await failureOf(opened(text, { privateKeys, gpg: "/nonexistent/gpg" }));
    expect(neither.code).toBe("no_matching_identity");
  });

  test("no gpg", async () => {
    const missing = await failureOf(opened(text, { gpg: "/nonexistent/gpg" }));
    expect(missing.code).toBe("unavailable");
    expect(missing.message).toBe(
      `pgp ${fingerprint}: gpg could not be started as \`/nonexistent/gpg\`: it was not found. Install GnuPG, set SOPS_GPG_EXEC to its path, or give the PGP key directly.`,
    );
    const path = join(folder, "no-program");
    writeFileSync(path, "");
    const forbidden = await failureOf(written(pgp(fingerprint, { gpg: path })));
    expect([forbidden.code, forbidden.message]).toEqual([
      "unavailable",
      expect.stringContaining("it is not executable"),
    ]);
    expect(() => pgpSource({ gpg: false })).toThrow("Give `privateKeys`");
  });

  test("damaged", async () => {
    const lines = text.split("\n");
    const at = lines.findIndex((line) => line.includes("BEGIN PGP MESSAGE"));
    const damage = (change: (lines: string[]) => void) => {
      const changed = [...lines];
      change(changed);
      return changed.join("\n");
    };
    const damages = [
      // A byte of the session key, and one of the data, with a checksum (RFC 9580, section 6.1) that is left out.
      damage((changed) => changed.splice(at + 4, 1, changed[at + 4]!.replace(/[A-Za-z]/g, "A"))),
      damage((changed) => changed.splice(at + 7, 1)),
      damage((changed) => changed.splice(at + 2, 2, changed[at]!.replace("-----BEGIN PGP MESSAGE-----", "no message"))),
    ];
    for (const damaged of damages) {
      for (const options of [
        { gnupgHome: home.folder },
        { privateKeys: home.privateKey(fingerprint), gpg: false },
      ] as const) {
        const error = await failureOf(opened(damaged, options));
        expect([error.code, error.message]).toEqual(["data_key", expect.stringContaining("is damaged")]);
      }
    }
  });

  /** Armored by gpg, with a right checksum. */
  const armor = (bytes: Uint8Array): string =>
    home
      .gpg(["--enarmor"], bytes)
      .toString()
      .replaceAll("PGP ARMORED FILE", "PGP MESSAGE")
      .replace(/^Comment.*\n/m, "");

  test.each([
    ["no packets", () => new Uint8Array(40)],
    ["a packet of another kind", () => home.publicKey(fingerprint)],
    [
      "half a message",
      () => home.gpg(["--encrypt", "--recipient", fingerprint, "--trust-model", "always"], "x").subarray(0, 60),
    ],
  ])("damaged below its armor: %s", async (_, bytes) => {
    const fields = new Map([["enc", armor(bytes())]]);
    for (const options of [
      { gnupgHome: home.folder },
      { privateKeys: home.privateKey(fingerprint), gpg: false },
    ] as const) {
      const error = await failureOf(Promise.resolve(pgpSource(options).unwrap({ type: "pgp", fields })));
      expect([error.code, error.message]).toEqual(["data_key", expect.stringMatching(/is damaged|is truncated/)]);
      expect(error.message).toMatch(/^a PGP key: /);
    }
  });

  test("a small message of many bytes", async () => {
    const parameters = ["--trust-model", "always", "--armor", "--encrypt", "--recipient", fingerprint];
    const enc = home.gpg(parameters, new Uint8Array(20_000_000)).toString();
    expect(enc.length).toBeLessThan(100_000);
    const key = { type: "pgp", fields: new Map([["enc", enc]]) };
    const inHand = pgpSource({ privateKeys: home.privateKey(fingerprint), gpg: false });
    expect((await failureOf(Promise.resolve(inHand.unwrap(key)))).code).toBe("data_key");
    const byGpg = await failureOf(Promise.resolve(pgpSource({ gnupgHome: home.folder }).unwrap(key)));
    expect(byGpg.code).toBe("service");
  });

  test("a stub of a private key", async () => {
    const primary = home.makeKey("stub", "rsa2048", { usage: "cert,encr" });
    home.addSubkey(primary, "ed25519", { usage: "sign" });
    const stub = home.gpg(["--export-secret-subkeys", primary]);
    const encrypted = await written(pgp(home.publicKey(primary)));
    const error = await failureOf(opened(encrypted, { privateKeys: stub, gpg: false }));
    expect([error.code, error.message]).toEqual([
      "invalid_identity",
      expect.stringContaining("is a stub: its secret part is elsewhere"),
    ]);
    // gpg, which has it, is asked next.
    expect(await opened(encrypted, { privateKeys: stub, gnupgHome: home.folder })).toBe(plain);
  });

  test("zero bytes with exit code 0, as an older gpg has it of AEAD", async () => {
    const silent = program("gpg-silent", "#!/bin/sh\ncat >/dev/null\n");
    const error = await failureOf(opened(text, { gpg: silent }));
    expect([error.code, error.message]).toEqual(["data_key", expect.stringContaining("Use a newer GnuPG")]);
  });

  test("a gpg that says what is not known", async () => {
    const odd = program("gpg-odd", "#!/bin/sh\ncat >/dev/null\nprintf 'gpg: \\033[31mout of paper\\n' >&2\nexit 3\n");
    const error = await failureOf(opened(text, { gpg: odd }));
    expect([error.code, error.message]).toEqual([
      "service",
      expect.stringContaining("gpg:  [31mout of paper. Run it by hand"),
    ]);
  });

  test("a gpg that does not end, by a signal", async () => {
    const slow = program("gpg-slow", "#!/bin/sh\nexec sleep 60\n");
    const options = { format: "yaml", keySources: [pgpSource({ gpg: slow })] } as const;
    const reason = new Error("enough");
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 100);
    const start = performance.now();
    await expect(decrypt(text, { ...options, signal: abort.signal })).rejects.toBe(reason);
    expect(performance.now() - start).toBeLessThan(10_000);
    await expect(
      encrypt(plain, { format: "yaml", keys: [pgp(fingerprint, { gpg: slow })], signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
  });

  test("a gpg that prints without end", async () => {
    const endless = program("gpg-endless", "#!/bin/sh\nexec yes\n");
    const error = await failureOf(opened(text, { gpg: endless }));
    expect(error.code).toBe("service");
  });
});

describe("keys that are none", () => {
  test.each(["", "ABCD1234", "alice@example.com", "--output=x", "FBC7 B9E2"])("the fingerprint %j", (text) => {
    expect(() => pgp(text)).toThrow(expect.objectContaining({ code: "invalid_key" }));
  });

  const block = (text: string) =>
    `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${text}\n-----END PGP PUBLIC KEY BLOCK-----\n`;

  test.each([
    ["an empty block", block("")],
    ["no packets", block("aGVsbG8=")],
    ["no base64", block("%%%")],
    ["half a block", block("aGVsbG8=").slice(0, 50)],
    ["a message", "-----BEGIN PGP MESSAGE-----\n\naGVsbG8=\n-----END PGP MESSAGE-----\n"],
    ["bytes", new Uint8Array([0x99, 1, 2, 3])],
    ["no bytes", new Uint8Array()],
    ["text as bytes", new TextEncoder().encode("hello")],
  ])("%s", async (_, key) => {
    expect((await failureOf(written(pgp(key)))).code).toBe("invalid_recipient");
    const source = pgpSource({ privateKeys: key, gpg: false });
    const work = Promise.resolve(source.unwrap({ type: "pgp", fields: new Map([["enc", "x"]]) }));
    expect((await failureOf(work)).code).toBe("invalid_identity");
  });

  test.skipIf(noGnupg !== undefined)("a public key to decrypt with", async () => {
    const fingerprint = home.makeKey("public", "rsa2048", { usage: "cert,encr" });
    const text = await written(pgp(home.publicKey(fingerprint)));
    const error = await failureOf(opened(text, { privateKeys: home.publicKey(fingerprint), gpg: false }));
    expect([error.code, error.message]).toEqual(["invalid_identity", expect.stringContaining("is a public one")]);
    // A private key is good to encrypt for, and its secret part goes nowhere.
    const ours = await written(pgp(home.privateKey(fingerprint)));
    expect(await opened(ours, { gnupgHome: home.folder })).toBe(plain);
  });

  test("an entry without `enc`", async () => {
    const source = pgpSource({ privateKeys: "x", gpg: false });
    const error = await failureOf(Promise.resolve(source.unwrap({ type: "pgp", fields: new Map() })));
    expect(error.code).toBe("metadata");
  });
});
