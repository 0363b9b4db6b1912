/**
 * What the encryption of few files needs, loaded on first use: all of `on-demand.ts` too, so that what both share with
 * every file is cut into as few files as one would cut it.
 */
export { keptCarried, lostCarried } from "./carried-warnings.js";
export { checkCommentRule, checkSelection } from "./check-selection.js";
export { conflictToEncrypt } from "./conflict.js";
export * from "./on-demand.js";
export { plainAlias } from "./plain-alias-warning.js";
export { checkEncrypted } from "./select/select.js";
export { selectValues } from "./select/select-values.js";
export { lostStrayText, strayTextLeft } from "./stray-text-lines.js";
