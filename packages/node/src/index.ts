export type { FindFilesOptions } from "./find-files.js";
export { findFiles } from "./find-files.js";
export type { FindIdentitiesOptions, FoundIdentities } from "./identities/find-identities.js";
export { findIdentities } from "./identities/find-identities.js";
export type { OnWarning } from "./write/temporary-file.js";
export type { WriteOptions } from "./write/write-file.js";
export { FileChangedError, replaceFile, writeFileAtomic } from "./write/write-file.js";
export { writeFileInPieces } from "./write/write-pieces.js";
