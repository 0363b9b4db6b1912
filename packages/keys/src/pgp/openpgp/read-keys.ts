import { type ErrorCode, SopsError } from "@isosops/core";
import type { Key, PrivateKey } from "openpgp";
import type { PgpKeys } from "../given-keys.js";
import { loadOpenPgp } from "./load.js";

/**
 * Reads public keys, or the public parts of private keys.
 *
 * @throws {SopsError} `invalid_recipient`
 */
export async function readPublicKeys(keys: PgpKeys): Promise<Key[]> {
  const read = await readAll(keys, { code: "invalid_recipient", kind: "public" });
  return read.map((key) => key.toPublic());
}

/**
 * Reads private keys.
 *
 * @throws {SopsError} `invalid_identity`
 */
export async function readPrivateKeys(keys: PgpKeys): Promise<PrivateKey[]> {
  const kind = { code: "invalid_identity", kind: "private" } as const;
  const read = await readAll(keys, kind);
  const found = read.filter((key): key is PrivateKey => key.isPrivate());
  if (found.length === 0) {
    throw invalid(kind, "is a public one. Get the private one with `gpg --export-secret-keys --armor`");
  }
  return found;
}

interface Kind {
  readonly code: ErrorCode;
  readonly kind: "public" | "private";
}

async function readAll(keys: PgpKeys, kind: Kind): Promise<Key[]> {
  const list = typeof keys === "string" || keys instanceof Uint8Array ? [keys] : keys;
  const read: Key[] = [];
  for (const item of list) {
    if (typeof item !== "string" && !(item instanceof Uint8Array)) throw invalid(kind, "is neither text nor bytes");
    for (const piece of takeApart(item)) read.push(...(await readPiece(piece, kind)));
  }
  if (read.length === 0) {
    throw invalid(kind, "has no block `-----BEGIN PGP ... KEY BLOCK-----`, nor is it what `gpg --export` writes");
  }
  return read;
}

/** Bytes as they are, or the armored blocks of a text. */
function takeApart(keys: string | Uint8Array): (string | Uint8Array)[] {
  // A packet begins with its highest bit set (RFC 9580, section 4.2).
  if (typeof keys !== "string" && keys.length > 0 && keys[0]! >= 0x80 && keys[0] !== 0xef) return [keys];
  const text = typeof keys === "string" ? keys : new TextDecoder().decode(keys);
  return text
    .split(/(?=-----BEGIN PGP )/)
    .filter((piece) => /^-----BEGIN PGP (?:PUBLIC|PRIVATE) KEY BLOCK/.test(piece));
}

async function readPiece(piece: string | Uint8Array, kind: Kind): Promise<Key[]> {
  const { openpgp, config } = await loadOpenPgp();
  let binary: Uint8Array;
  try {
    binary = typeof piece === "string" ? ((await openpgp.unarmor(piece, config as never)).data as Uint8Array) : piece;
  } catch {
    throw invalid(kind, "is damaged: its armor cannot be read");
  }
  try {
    return await openpgp.readKeys({ binaryKeys: binary, config });
  } catch {
    if (versionOf(binary) === 5) {
      throw invalid(
        kind,
        "is a v5 key of GnuPG, which only gpg supports. Import it (`gpg --import`), and give its fingerprint",
      );
    }
    throw invalid(kind, "cannot be read: it is damaged, or of an unsupported kind");
  }
}

/** The version of the first key packet (RFC 9580, sections 4.2 and 5.5.2). */
function versionOf(packets: Uint8Array): number | undefined {
  const [tag = 0, length = 0] = packets;
  if ((tag & 0x40) !== 0) return packets[length < 192 ? 2 : length < 224 ? 3 : 6];
  return packets[[2, 3, 5][tag & 3] ?? 1];
}

function invalid({ code, kind }: Kind, what: string): SopsError {
  return new SopsError(code, `A PGP ${kind} key ${what}.`);
}
