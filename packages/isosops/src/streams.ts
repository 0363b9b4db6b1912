import type { KeyKind, Metadata, Warning } from "@isosops/core";
import { openInPieces, sealInPieces } from "@isosops/core/long-value";
import { binary } from "@isosops/formats/binary";
import { encryptChecks, encryption, type KeyOptions } from "./encrypt-options.js";
import { checkArguments, isFlag, isString, type OptionChecks, refuse } from "./options.js";
import { piecesOf, toStream } from "./piece-streams.js";
import { type OpeningOptions, openingChecks, recovery } from "./recovery.js";
import { outputChecks } from "./stores.js";

/** Options of `encryptStream`. */
export type EncryptStreamOptions = KeyOptions & {
  /** As in `encrypt`. */
  shamirThreshold?: number | undefined;
  /** As in `encrypt`. */
  kinds?: readonly KeyKind[] | undefined;
  /** Indent width. Default: a tab. */
  indent?: number | undefined;
  /** Aborts the encryption. */
  signal?: AbortSignal | undefined;
};

/** Options of `decryptStream`. */
export interface DecryptStreamOptions extends OpeningOptions {
  /** Continue even if the MAC is missing or wrong. */
  ignoreMac?: boolean | undefined;
  /** The file's name, used in error messages. */
  filename?: string | undefined;
}

/** What `decryptStream` gives. */
export interface DecryptedStream {
  /** The plain file. All of it has been authenticated. */
  readonly readable: ReadableStream<Uint8Array>;
  readonly metadata: Metadata;
  /** Warnings about the file. Usually empty. */
  readonly warnings: readonly Warning[];
}

const { recipients, keys, keyGroups, creationRule, shamirThreshold, kinds, signal } = encryptChecks;
const encryptStreamChecks: OptionChecks<EncryptStreamOptions> = {
  ...{ recipients, keys, keyGroups, creationRule, shamirThreshold, kinds, signal },
  indent: outputChecks.indent,
};

const decryptStreamChecks: OptionChecks<DecryptStreamOptions> = {
  ...openingChecks,
  ignoreMac: isFlag,
  filename: isString,
};

/**
 * Like `encryptStream`, for async iterables, such as Node streams.
 *
 * @param plaintext - Pieces of any size. A piece is not used after the next one is requested.
 * @throws {SopsError} While it is iterated over: `invalid_option`, `invalid_recipient`, `no_recipients`, `too_large`, and the
 * other errors of `encrypt`.
 */
export async function* encryptPieces(
  plaintext: AsyncIterable<Uint8Array>,
  options: EncryptStreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  checkArguments("", options, encryptStreamChecks);
  const { indent, signal } = options;
  yield* sealInPieces(plaintext, {
    ...(await encryption({ ...options, format: "binary" })),
    ...{ store: binary, indent, signal },
  });
}

/** What {@link decryptPieces} gives. */
export interface DecryptedPieces {
  /** The plain file. All of it has been authenticated. */
  readonly plaintext: AsyncIterable<Uint8Array>;
  readonly metadata: Metadata;
  /** Warnings about the file. Usually empty. */
  readonly warnings: readonly Warning[];
}

/**
 * Like `decryptStream`, for async iterables, such as Node streams.
 *
 * @param read - Opens the file, each time that it is called.
 * @throws {SopsError} `value_authentication`, `malformed_value`, `mac_mismatch`, `mac_missing`, `too_large`, and the other errors
 * of `decrypt`.
 */
export async function decryptPieces(
  read: () => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>,
  options: DecryptStreamOptions,
): Promise<DecryptedPieces> {
  if (typeof read !== "function") {
    throw refuse("The source must be a function that opens the file each time, such as `() => blob.stream()`.");
  }
  checkArguments("", options, decryptStreamChecks);
  const { ignoreMac, filename } = options;
  return openInPieces(read, { store: binary, ...recovery(options), ignoreMac, filename });
}

/** See `on-demand.ts`. */
export async function decryptStream(
  read: () => ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>,
  options: DecryptStreamOptions,
): Promise<DecryptedStream> {
  const opened = await decryptPieces(
    typeof read === "function" ? async () => piecesOf((await read()).getReader()) : read,
    options,
  );
  return { readable: toStream(opened.plaintext, async () => {}), metadata: opened.metadata, warnings: opened.warnings };
}
