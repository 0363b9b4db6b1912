/** Encrypt and decrypt files of one long value (BINARY) in pieces. */
export type { Pieces } from "./blocks.js";
export type { OpenedInPieces, OpenInPiecesOptions } from "./open.js";
export { openInPieces } from "./open.js";
export type { SealInPiecesOptions } from "./seal.js";
export { sealInPieces } from "./seal.js";
