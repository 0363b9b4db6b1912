/** Where `sops publish` puts files. Not for programs: their clouds have libraries that do more. */
export { gcsDestination } from "./gcs.js";
export type { Destination } from "./object-name.js";
export { s3Destination } from "./s3.js";
export { vaultDestination } from "./vault.js";
