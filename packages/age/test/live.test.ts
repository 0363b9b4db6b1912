import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as peer from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decrypt } from "../src/decrypt.js";
import { encrypt } from "../src/encrypt.js";
import { encryptStream } from "../src/encrypt-stream.js";
import { generateHybridKey } from "../src/hybrid/text.js";
import { identitiesToRecipients } from "../src/identities-to-recipients.js";
import { identityToRecipient } from "../src/identity-to-recipient.js";
import { inspect } from "../src/inspect.js";
import { parseIdentities } from "../src/parse-identity.js";
import { parseRecipient } from "../src/parse-recipient.js";
import { pluginIdentityText } from "../src/plugin/text.js";
import type { Identity, Recipient } from "../src/recipient.js";
import { passphraseIdentity } from "../src/scrypt/identity.js";
import { passphraseRecipient } from "../src/scrypt/recipient.js";
import { generateX25519Key } from "../src/x25519/secret-key.js";
import { age, besideAge, liveEnv, liveReason, skipLive } from "./real-age.js";
import { cut, openInPieces, pipe, plaintext } from "./support.js";

/*
 * Both ways with the real age, for every kind of key at the sizes where chunks begin and end, and with the other
 * implementation in JavaScript, for the kinds it has.
 */

const folder = mkdtempSync(join(tmpdir(), "age-live-"));
afterAll(() => rmSync(folder, { recursive: true }));
const passphrase = "correct horse battery staple";
const sshPath = (name: string): string => join(import.meta.dirname, "vectors", "ssh", name);
const mib = 1024 * 1024;
const lengths = [0, 1, 65_535, 65_536, 65_537, 10 * mib];

const oldPath = process.env.PATH;
beforeAll(() => {
  // For the plugins, which we start as age does.
  process.env.PATH = liveEnv.PATH;
  process.env.AGE_PASSPHRASE = passphrase;
  process.env.AGE_PASSPHRASE_WORK_FACTOR = "10";
});
afterAll(() => {
  process.env.PATH = oldPath;
});

function call(args: string[], input: Uint8Array | string): Uint8Array {
  const env = { ...liveEnv, AGE_PASSPHRASE: passphrase, AGE_PASSPHRASE_WORK_FACTOR: "10" };
  return new Uint8Array(execFileSync(age, args, { input, env, maxBuffer: 64 * mib, stdio: ["pipe", "pipe", "pipe"] }));
}

interface Kind {
  name: string;
  recipients: (string | Recipient)[];
  identities: (string | Identity)[];
  /** How age is told the same. */
  encryptArgs: string[];
  decryptArgs: string[];
}

async function nativeKind(name: string, identity: string): Promise<Kind> {
  const recipient = await identityToRecipient(identity);
  const file = join(folder, `${name}.txt`);
  writeFileSync(file, `# made by the test\n${identity}\n`);
  return {
    name,
    recipients: [recipient],
    identities: [identity],
    encryptArgs: ["-r", recipient],
    decryptArgs: ["-i", file],
  };
}

function sshKind(name: string): Kind {
  const recipient = readFileSync(sshPath(`${name}.pub`), "utf8").trim();
  return {
    name: `SSH ${name}`,
    recipients: [recipient],
    identities: parseIdentities(readFileSync(sshPath(name), "utf8")),
    encryptArgs: ["-R", sshPath(`${name}.pub`)],
    decryptArgs: ["-i", sshPath(name)],
  };
}

const batchpass = pluginIdentityText("batchpass");
const kinds: Kind[] = [
  await nativeKind("X25519", generateX25519Key()),
  await nativeKind("post-quantum", generateHybridKey().identity),
  sshKind("ed25519"),
  sshKind("rsa"),
  {
    // The command asks on a terminal only; its plugin for scripts makes and opens the same files.
    name: "passphrase",
    recipients: [passphraseRecipient(passphrase, { workFactor: 10 })],
    identities: [passphraseIdentity(passphrase)],
    encryptArgs: ["-e", "-j", "batchpass"],
    decryptArgs: ["-j", "batchpass"],
  },
  {
    name: "age-plugin-batchpass",
    recipients: await identitiesToRecipients(batchpass),
    identities: [batchpass],
    encryptArgs: ["-e", "-j", "batchpass"],
    decryptArgs: ["-j", "batchpass"],
  },
];
const cases = kinds.flatMap((kind) => lengths.map((length) => ({ ...kind, length, armor: length === 65_537 })));

describe.skipIf(skipLive)(`both ways with the age command${liveReason}`, () => {
  it.each(cases)("$name, $length bytes, armor $armor", async (given) => {
    const { length, armor, recipients, identities, encryptArgs, decryptArgs } = given;
    const bytes = plaintext(length);
    const ours = await encrypt(bytes, recipients, { armor });
    expect(Buffer.compare(call(["-d", ...decryptArgs], ours), bytes)).toBe(0);
    const theirs = call([...(armor ? ["-a"] : []), ...encryptArgs], bytes);
    expect(Buffer.compare(await decrypt(theirs, identities), bytes)).toBe(0);
  });

  it("streams", async () => {
    const [{ recipients, identities, encryptArgs, decryptArgs }] = kinds as [Kind];
    const bytes = plaintext(mib);
    const ours = await pipe(cut(bytes, [4096, 33, 100_000]), encryptStream(recipients, { armor: true }));
    expect(Buffer.compare(call(["-d", ...decryptArgs], ours.bytes), bytes)).toBe(0);
    const theirs = await openInPieces(call(encryptArgs, bytes), identities, [997]);
    expect(theirs.error).toBeUndefined();
    expect(Buffer.compare(theirs.bytes, bytes)).toBe(0);
  });

  const tagged = readFileSync(join(import.meta.dirname, "tagtest-recipients.txt"), "utf8")
    .trim()
    .split("\n");
  const tagCases = tagged.flatMap((recipient) =>
    lengths.map((length) => ({ kind: recipient.slice(0, 10), recipient, length })),
  );
  it.each(tagCases)("$kind, $length bytes, which age's own plugin opens", async ({ recipient, length }) => {
    const bytes = plaintext(length);
    const ours = await encrypt(bytes, [recipient]);
    expect(Buffer.compare(call(["-d", "-j", "tagtest"], ours), bytes)).toBe(0);
    // The other way it is the plugin that decrypts, for us as for age.
    const theirs = call(["-r", recipient], bytes);
    expect(Buffer.compare(await decrypt(theirs, [pluginIdentityText("tagtest")]), bytes)).toBe(0);
  });

  it("mixes what age mixes, and nothing else", async () => {
    for (const one of kinds.slice(0, 4)) {
      for (const other of kinds.slice(0, 4)) {
        const theirs = await attempt(() => call([...one.encryptArgs, ...other.encryptArgs], "x"));
        const ours = await attempt(() => encrypt(plaintext(1), [...one.recipients, ...other.recipients]));
        expect([one.name, other.name, ours]).toEqual([one.name, other.name, theirs]);
      }
    }
  });

  it("opens a file of thousands of recipients about as fast as age", async () => {
    const file = join(folder, "many");
    const keyFile = join(folder, "many.key");
    const [ours, other] = [generateX25519Key(), await identityToRecipient(generateX25519Key())];
    writeFileSync(keyFile, ours);
    const recipients = [...new Array<string>(5000).fill(other), await identityToRecipient(ours)];
    const encrypted = await encrypt(plaintext(10), recipients);
    writeFileSync(file, encrypted);
    const [theirTime, ourTime] = [[0], [0]].map(() => [] as number[]) as [number[], number[]];
    for (let run = 0; run < 3; run++) {
      const started = performance.now();
      execFileSync(age, ["--decrypt", "--identity", keyFile, file]);
      const between = performance.now();
      expect(await decrypt(encrypted, [ours])).toEqual(plaintext(10));
      theirTime.push(between - started);
      ourTime.push(performance.now() - between);
    }
    // With a margin for a machine that has other work: it took six times as long once.
    expect(Math.min(...ourTime)).toBeLessThan(2 * Math.min(...theirTime));
  });

  it("inspects as age-inspect does", async () => {
    for (const { encryptArgs } of kinds.slice(0, 5)) {
      for (const armor of [false, true]) {
        const file = call([...(armor ? ["-a"] : []), ...encryptArgs], plaintext(70_000));
        const theirs = JSON.parse(
          execFileSync(besideAge("age-inspect"), ["--json"], { input: file, encoding: "utf8" }),
        );
        const { stanzaTypes, postQuantum, armored, sizes } = await inspect(file);
        expect([stanzaTypes, postQuantum, armored]).toEqual([theirs.stanza_types, theirs.postquantum, theirs.armor]);
        expect(sizes).toMatchObject({ header: theirs.sizes.header, armor: theirs.sizes.armor });
        expect(sizes).toMatchObject({ overhead: theirs.sizes.overhead, payload: theirs.sizes.min_payload });
      }
    }
  });
});

async function attempt(work: () => unknown): Promise<boolean> {
  try {
    await work();
    return true;
  } catch {
    return false;
  }
}

describe("both ways with age-encryption", () => {
  const peerKinds = kinds.filter(({ name }) => ["X25519", "post-quantum", "passphrase"].includes(name));
  const peerCases = peerKinds.flatMap((kind) => lengths.map((length) => ({ ...kind, length })));
  it.each(peerCases)("$name, $length bytes", async ({ name, recipients, identities, length }) => {
    const bytes = plaintext(length);
    const encrypter = new peer.Encrypter();
    const decrypter = new peer.Decrypter();
    if (name === "passphrase") {
      encrypter.setPassphrase(passphrase);
      encrypter.setScryptWorkFactor(10);
      decrypter.addPassphrase(passphrase);
    } else {
      encrypter.addRecipient(recipients[0] as string);
      decrypter.addIdentity(identities[0] as string);
    }
    expect(Buffer.compare(await decrypter.decrypt(await encrypt(bytes, recipients)), bytes)).toBe(0);
    expect(Buffer.compare(await decrypt(await encrypter.encrypt(bytes), identities), bytes)).toBe(0);
  });

  it("makes post-quantum keys that the other reads", async () => {
    const identity = await peer.generateHybridIdentity();
    expect(await identityToRecipient(identity)).toBe(await peer.identityToRecipient(identity));
    parseRecipient(await peer.identityToRecipient(generateHybridKey().identity));
  });
});
