/**
 * What few files need, loaded on first use; `encrypt-on-demand.ts` has what only encryption needs. It is one module, because a bundler that splits the code at each of several
 * would also cut what every file needs into many small files. It imports the index for the same reason: esbuild makes one file
 * of the modules that the same entries lead to, and through the index all of them lead to all that every file needs.
 */
export { checkWritten } from "./check-written.js";
export { warnOfComments } from "./comment-warnings.js";
export { conflictIn } from "./conflict.js";
export { invalidThreshold, noRecipients, wrongLength } from "./data-key-errors.js";
export { SopsError } from "./index.js";
export { invalidPattern } from "./invalid-pattern.js";
export { notRecovered, notWrapped } from "./not-recovered.js";
export { combineShares, splitSecret } from "./shamir.js";
export {
  checkVersion,
  macMismatch,
  macMissing,
  macUnreadable,
  mergedWithoutKey,
  notEncrypted,
  noVersion,
  timeOfOthers,
  unquotedTime,
} from "./unseal-errors.js";
