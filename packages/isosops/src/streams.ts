import type { KeyKind, Metadata, Warning } from "@isosops/core";
import { openInPieces, type Pieces, sealInPieces } from "@isosops/core/long-value";
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

/** See `on-demand.ts`. */
export async function* encryptPieces(
  plaintext: Pieces,
  options: EncryptStreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  checkArguments("", options, encryptStreamChecks);
  const { indent, signal } = options;
  yield* sealInPieces(plaintext, {
    ...(await encryption({ ...options, format: "binary" })),
    ...{ store: binary, indent, signal },
  });
}

/** See `on-demand.ts`. */
export async function decryptStream(
  read: () => ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>,
  options: DecryptStreamOptions,
): Promise<DecryptedStream> {
  if (typeof read !== "function") {
    throw refuse("The source must be a function that opens the file each time, such as `() => blob.stream()`.");
  }
  checkArguments("", options, decryptStreamChecks);
  const { ignoreMac, filename } = options;
  const opening = { store: binary, ...recovery(options), ignoreMac, filename };
  const { plaintext, metadata, warnings } = await openInPieces(
    async () => piecesOf((await read()).getReader()),
    opening,
  );
  return { readable: toStream(plaintext, async () => {}), metadata, warnings };
}
