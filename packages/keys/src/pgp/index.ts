export { readPgpEnvironment } from "./environment.js";
export type { AskPassphrase, LockedPgpKey, PgpKeys } from "./given-keys.js";
export type { GpgOptions } from "./gpg/gpg.js";
export { type PgpKindOptions, pgpKind } from "./kind.js";
export { type PgpSourceOptions, pgpSource } from "./source.js";
export { type PgpOptions, pgp } from "./wrapper.js";
