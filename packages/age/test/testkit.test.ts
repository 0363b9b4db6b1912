import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import * as testkit from "cctv-age";
import { describe, expect, it } from "vitest";
import { decodeArmor, encodeArmor } from "../src/armor.js";
import { decrypt } from "../src/decrypt.js";
import { decryptReaderAt } from "../src/decrypt-reader-at.js";
import { AgeError } from "../src/error.js";
import { parseHeader, serializeHeader } from "../src/header.js";
import { payloadKey, payloadNonceLength, sealedPayloadLength, sealPayload } from "../src/payload.js";
import type { Identity } from "../src/recipient.js";
import { passphraseIdentity } from "../src/scrypt/identity.js";
import { openInPieces } from "./support.js";

/*
 * The age test kit (C2SP/CCTV, age/README.md): files with the result that reading them must have. Every vector
 * runs, whole and as a stream.
 */

interface Vector {
  name: string;
  expect: string;
  payload: string | undefined;
  fileKey: Uint8Array | undefined;
  identities: (string | Identity)[];
  armored: boolean;
  file: Uint8Array;
}

function read(name: string, test: Uint8Array): Vector {
  const bytes = Buffer.from(test);
  const end = bytes.indexOf("\n\n");
  const lines = bytes
    .subarray(0, end)
    .toString("utf8")
    .split("\n")
    .map((line) => line.split(": ", 2) as [string, string]);
  const one = (key: string): string | undefined => lines.find((line) => line[0] === key)?.[1];
  const file = bytes.subarray(end + 2);
  const fileKey = one("file key");
  return {
    name,
    expect: one("expect")!,
    payload: one("payload"),
    fileKey: fileKey === undefined ? undefined : new Uint8Array(Buffer.from(fileKey, "hex")),
    identities: lines.flatMap(([key, value]): (string | Identity)[] =>
      key === "identity" ? [value] : key === "passphrase" ? [passphraseIdentity(value)] : [],
    ),
    armored: one("armored") !== undefined,
    file: new Uint8Array(one("compressed") === "zlib" ? inflateSync(file) : file),
  };
}

const codes: Record<string, string> = {
  "no match": "no_match",
  "HMAC failure": "header_mac",
  "header failure": "header",
  "payload failure": "payload",
  "armor failure": "armor",
};

/** The code by which a failure is told. The kit has no kind of its own for other versions of the format. */
function failure(vector: Vector): string {
  return vector.name === "version_unsupported" ? "unsupported" : codes[vector.expect]!;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function code(error: unknown): string {
  if (error instanceof AgeError) return error.code;
  throw error;
}

const unused = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

const vectors = Object.entries(testkit as unknown as Record<string, Uint8Array>)
  .filter(([, test]) => test instanceof Uint8Array)
  .map(([name, test]) => read(name, test));

describe("age test kit", () => {
  it("is there", () => {
    expect(vectors.length).toBeGreaterThan(140);
  });

  describe.each(vectors)("$name: $expect", (vector) => {
    const identities = vector.identities.length > 0 ? vector.identities : [unused];

    it("whole", async () => {
      const input = vector.armored ? Buffer.from(vector.file).toString("latin1") : vector.file;
      if (vector.expect === "success") {
        expect(sha256(await decrypt(input, identities))).toBe(vector.payload);
      } else {
        expect(code(await decrypt(input, identities).catch((error: unknown) => error))).toBe(failure(vector));
      }
    });

    it("as a stream", async () => {
      // In pieces smaller than a chunk every chunk is read before the next one can fail.
      const { bytes, error } = await openInPieces(vector.file, identities, [32_768]);
      if (vector.expect === "success") {
        expect(error).toBeUndefined();
        expect(sha256(bytes)).toBe(vector.payload);
        return;
      }
      // A stream has to find out by itself whether a file is armored, and takes what starts otherwise for binary.
      if (vector.name === "armor_garbage_leading") expect(code(error)).toBe("header");
      else expect(code(error)).toBe(failure(vector));
      if (vector.payload === undefined) expect(bytes.length).toBe(0);
      else expect(sha256(bytes)).toBe(vector.payload);
    });

    if (!vector.armored) {
      it("in parts", async () => {
        const read = async (): Promise<Uint8Array> => {
          const opened = await decryptReaderAt(vector.file, identities);
          return opened.read(0, opened.size);
        };
        if (vector.expect === "success") expect(sha256(await read())).toBe(vector.payload);
        else expect(code(await read().catch((error: unknown) => error))).toBe(failure(vector));
      });
    }

    if (vector.armored && vector.expect !== "armor failure") {
      it("is armored again in the same way", () => {
        const text = Buffer.from(vector.file).toString("latin1");
        expect(encodeArmor(decodeArmor(text))).toBe(`${text.replaceAll("\r\n", "\n").trim()}\n`);
      });
    }

    if (!vector.armored && vector.expect === "success") {
      it("is written again in the same way", async () => {
        const header = parseHeader(vector.file);
        expect(await serializeHeader(header.stanzas, vector.fileKey!)).toEqual(vector.file.slice(0, header.length));
        const start = header.length + payloadNonceLength;
        const plaintext = await decrypt(vector.file, identities);
        const sealed = new Uint8Array(sealedPayloadLength(plaintext.length));
        const key = await payloadKey(vector.fileKey!, vector.file.subarray(header.length, start));
        sealPayload(key, plaintext, sealed);
        expect(Buffer.compare(sealed, vector.file.subarray(start))).toBe(0);
      });
    }
  });
});
