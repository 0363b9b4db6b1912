import { describe, expect, it } from "vitest";
import { encodeBech32 } from "./bech32.js";
import { AgeError, type AgeErrorCode } from "./error.js";
import { identityToRecipient } from "./identity-to-recipient.js";
import { parseIdentities, parseIdentity } from "./parse-identity.js";
import { parseRecipient } from "./parse-recipient.js";
import { generateX25519Key } from "./x25519/secret-key.js";

// age.md, "The X25519 recipient type".
const identity = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
const recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

async function errorOf(run: () => unknown): Promise<AgeError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof AgeError) return error;
    throw error;
  }
  throw new Error("no error");
}

/** Nothing of a secret of more than four characters may stand in an error, its stack or its causes. */
function expectNothingOf(secret: string, error: unknown): void {
  for (let at = error; at instanceof Error; at = at.cause) {
    const said = `${at.message}\n${at.stack}`.toUpperCase();
    for (let i = 0; i + 5 <= secret.length; i++) expect(said).not.toContain(secret.slice(i, i + 5).toUpperCase());
  }
}

describe("keys as text", () => {
  it("gives the recipient of an identity", async () => {
    expect(await identityToRecipient(identity)).toBe(recipient);
  });

  it("makes a new identity each time", async () => {
    const one = generateX25519Key();
    expect(one).toMatch(/^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/);
    expect(one).not.toBe(generateX25519Key());
    expect(await identityToRecipient(one)).toMatch(/^age1[02-9ac-hj-np-z]{58}$/);
    parseIdentity(one);
    parseRecipient(await identityToRecipient(one));
  });

  const bad: [string, string, AgeErrorCode][] = [
    ["a wrong character", `${recipient.slice(0, -1)}q`, "invalid_recipient"],
    ["a missing character", recipient.slice(0, -1), "invalid_recipient"],
    ["a space behind", `${recipient} `, "invalid_recipient"],
    ["upper case", recipient.toUpperCase(), "invalid_recipient"],
    ["mixed case", `${recipient.slice(0, 20)}${recipient.slice(20).toUpperCase()}`, "invalid_recipient"],
    ["31 bytes", encodeBech32("age", new Uint8Array(31)), "invalid_recipient"],
    ["33 bytes", encodeBech32("age", new Uint8Array(33)), "invalid_recipient"],
    ["another prefix", encodeBech32("agf", new Uint8Array(32)), "invalid_recipient"],
    ["an identity", identity, "invalid_recipient"],
    ["nothing", "", "invalid_recipient"],
    ["a post-quantum recipient of 1215 bytes", encodeBech32("age1pq", new Uint8Array(1215)), "invalid_recipient"],
    ["a tagged recipient of 32 bytes", encodeBech32("age1tag", new Uint8Array(32)), "invalid_recipient"],
    ["a hybrid tagged recipient of 33 bytes", encodeBech32("age1tagpq", new Uint8Array(33)), "invalid_recipient"],
    [
      "a plugin's recipient that is damaged",
      encodeBech32("age1yubikey", new Uint8Array(33)).slice(0, -1),
      "invalid_recipient",
    ],
    ["a plugin with a path for a name", encodeBech32("age1../x", new Uint8Array(3)), "invalid_recipient"],
  ];

  it.each(bad)("refuses as recipient %s", async (_, text, code) => {
    expect((await errorOf(() => parseRecipient(text))).code).toBe(code);
  });

  const badIdentities: [string, string, AgeErrorCode][] = [
    ["a wrong character", `${identity.slice(0, -1)}Q`, "invalid_identity"],
    ["a missing character", identity.slice(0, -1), "invalid_identity"],
    ["lower case", identity.toLowerCase(), "invalid_identity"],
    ["mixed case", `${identity.slice(0, 20)}${identity.slice(20).toLowerCase()}`, "invalid_identity"],
    ["31 bytes", encodeBech32("age-secret-key-", new Uint8Array(31)).toUpperCase(), "invalid_identity"],
    ["left-over bits", "AGE-SECRET-KEY-1", "invalid_identity"],
    ["another prefix", encodeBech32("age-secret-kez-", new Uint8Array(32)).toUpperCase(), "invalid_identity"],
    ["a recipient", recipient, "invalid_identity"],
    ["a post-quantum identity that is damaged", `AGE-SECRET-KEY-PQ-1${identity.slice(16)}`, "invalid_identity"],
    ["a plugin's identity that is damaged", `AGE-PLUGIN-YUBIKEY-1${identity.slice(16)}`, "invalid_identity"],
  ];

  it.each(badIdentities)("refuses as identity %s, and quotes nothing of it", async (_, text, code) => {
    for (const run of [() => parseIdentity(text), () => identityToRecipient(text)]) {
      const error = await errorOf(run);
      expect(error.code).toBe(code);
      expectNothingOf(identity.slice(16), error);
    }
  });
});

describe("identity files", () => {
  it("reads what age-keygen writes, in LF and CR LF", () => {
    const file = `# created: 2026-01-02T03:04:05Z\n# public key: ${recipient}\n${identity}\n\n#\n${generateX25519Key()}`;
    expect(parseIdentities(file)).toHaveLength(2);
    expect(parseIdentities(file.replaceAll("\n", "\r\n"))).toHaveLength(2);
  });

  it.each(["", "\n", "# nothing\r\n\r\n"])("refuses %j, which holds no identity", async (file) => {
    expect((await errorOf(() => parseIdentities(file))).code).toBe("invalid_identity");
  });

  // As age does (parse.go, ParseIdentities): no white space around an identity, none before a "#".
  it.each([` ${identity}`, `${identity} `, " # comment", `${identity} # comment`, identity.slice(1), " "])(
    "names the line of %j and quotes nothing of it",
    async (line) => {
      const error = await errorOf(() => parseIdentities(`# first\n\n${identity}\n${line}\n`));
      expect(error.code).toBe("invalid_identity");
      expect(error.line).toBe(4);
      expect(error.message).toContain("line 4");
      expectNothingOf(identity.slice(16), error);
    },
  );
});
