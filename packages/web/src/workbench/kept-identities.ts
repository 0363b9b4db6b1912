/**
 * Identities that stay in this browser, if somebody asks for it: encrypted with a passphrase as `age -p` does, or under a key that only a
 * passkey gives (the extension `prf` of WebAuthn).
 */
import { callEngine } from "../engine/client.js";
import { deleteEntry, readEntries, writeEntry } from "../shell/database.js";

interface Kept {
  /** The first of the public keys: what it is shown as. */
  readonly recipient: string;
}

interface KeptByPassphrase extends Kept {
  readonly by: "passphrase";
  readonly file: string;
}

interface KeptByPasskey extends Kept {
  readonly by: "passkey";
  readonly credential: ArrayBuffer;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly sealed: ArrayBuffer;
}

export type KeptIdentity = KeptByPassphrase | KeptByPasskey;

export function listKept(): Promise<KeptIdentity[]> {
  return readEntries("identities");
}

export function forgetKept({ recipient }: KeptIdentity): Promise<void> {
  return deleteEntry("identities", recipient);
}

export async function keepByPassphrase(text: string, recipient: string, passphrase: string): Promise<void> {
  const file = await callEngine("wrapWithPassphrase", text, passphrase);
  await writeEntry("identities", recipient, { by: "passphrase", recipient, file } satisfies KeptIdentity);
}

/** Whether this browser has passkeys that give a key. */
export async function canUsePasskeys(): Promise<boolean> {
  const credential = window.PublicKeyCredential as
    | (typeof PublicKeyCredential & { getClientCapabilities?(): Promise<Record<string, boolean>> })
    | undefined;
  if (credential?.getClientCapabilities === undefined) return false;
  const capabilities = await credential.getClientCapabilities();
  return capabilities["extension:prf"] === true;
}

export async function keepByPasskey(text: string, recipient: string): Promise<void> {
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const created = (await navigator.credentials.create({
    publicKey: {
      rp: { name: "isosops" },
      user: {
        id: crypto.getRandomValues(new Uint8Array(16)),
        name: recipient,
        displayName: `isosops ${recipient.slice(0, 16)}…`,
      },
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      pubKeyCredParams: [
        { type: "public-key", alg: -7 },
        { type: "public-key", alg: -257 },
      ],
      authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
      extensions: { prf: {} },
    },
  })) as PublicKeyCredential | null;
  if (created?.getClientExtensionResults().prf?.enabled !== true) {
    throw new Error("This passkey gives no key to encrypt with. Use another one, or a passphrase.");
  }
  const credential = created.rawId;
  const key = await keyOf(credential, salt);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(text));
  await writeEntry("identities", recipient, {
    by: "passkey",
    recipient,
    credential,
    salt,
    iv,
    sealed,
  } satisfies KeptIdentity);
}

/** The text of a kept identity. It asks for the passkey; for a passphrase, the caller has asked. */
export async function openByPasskey({ credential, salt, iv, sealed }: KeptByPasskey): Promise<string> {
  const key = await keyOf(credential, salt);
  return new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed));
}

async function keyOf(credential: ArrayBuffer, salt: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const asserted = (await navigator.credentials.get({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      allowCredentials: [{ type: "public-key", id: credential }],
      userVerification: "required",
      extensions: { prf: { eval: { first: salt } } },
    },
  })) as PublicKeyCredential | null;
  const secret = asserted?.getClientExtensionResults().prf?.results?.first;
  if (secret === undefined) throw new Error("The passkey gave no key. Try again, or paste the identity.");
  const bytes = secret instanceof ArrayBuffer ? secret : (secret as Uint8Array<ArrayBuffer>);
  const base = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: new TextEncoder().encode("isosops identity") },
    base,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}
