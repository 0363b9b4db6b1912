import { describe, expect, it } from "vitest";
import { codeOf } from "../../test/support.js";
import { encodeBase64 } from "../base64.js";
import type { Stanza } from "../recipient.js";
import { parseX25519Identity } from "./identity.js";
import { x25519IdentityToRecipient } from "./identity-to-recipient.js";
import { parseX25519Recipient } from "./recipient.js";
import { generateX25519Key } from "./secret-key.js";

describe("X25519 keys", () => {
  const identity = generateX25519Key();
  const recipient = x25519IdentityToRecipient(identity);
  const fileKey = new Uint8Array(16).fill(9);

  it("have one case only: lower for recipients, upper for identities", async () => {
    expect(await codeOf(() => parseX25519Recipient(recipient.toUpperCase()))).toBe("invalid_recipient");
    expect(await codeOf(() => parseX25519Identity(identity.toLowerCase()))).toBe("invalid_identity");
    expect(await codeOf(() => x25519IdentityToRecipient(identity.toLowerCase()))).toBe("invalid_identity");
  });

  it("wrap and unwrap a file key in one stanza", async () => {
    const stanzas = await parseX25519Recipient(recipient).wrapFileKey(fileKey);
    expect(stanzas).toEqual([
      { type: "X25519", args: [expect.stringMatching(/^.{43}$/)], body: expect.any(Uint8Array) },
    ]);
    expect(await parseX25519Identity(identity).unwrapFileKey(stanzas as never)).toEqual(fileKey);
    expect(await parseX25519Identity(generateX25519Key()).unwrapFileKey(stanzas as never)).toBeUndefined();
    expect(await parseX25519Identity(identity).unwrapFileKey([])).toBeUndefined();
  });

  it("refuse a malformed X25519 stanza, even behind one that is for somebody else", async () => {
    const [good] = (await parseX25519Recipient(recipient).wrapFileKey(fileKey)) as Stanza[];
    const stranger = parseX25519Recipient(x25519IdentityToRecipient(generateX25519Key()));
    const [other] = (await stranger.wrapFileKey(fileKey)) as Stanza[];
    for (const bad of [
      { ...good!, args: [] },
      { ...good!, args: [...good!.args, "more"] },
      { ...good!, args: [encodeBase64(new Uint8Array(31).fill(1))] },
      { ...good!, args: [encodeBase64(new Uint8Array(33).fill(1))] },
      { ...good!, args: [encodeBase64(new Uint8Array(32))] },
      { ...good!, body: good!.body.slice(1) },
    ]) {
      expect(await codeOf(() => parseX25519Identity(identity).unwrapFileKey([other!, bad]))).toBe("header");
    }
  });
});
