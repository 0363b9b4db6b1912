/**
 * What few files need, loaded on first use; `encrypt-on-demand.ts` has what only encryption needs. It is one module, because a bundler that splits the code at each of several
 * would also cut what every file needs into many small files.
 */
export { checkWritten } from "./check-written.js";
export { warnOfComments } from "./comment-warnings.js";
export { conflictIn } from "./conflict.js";
export { invalidThreshold, noRecipients, wrongLength } from "./data-key-errors.js";
export { invalidPattern } from "./invalid-pattern.js";
export { notRecovered, notWrapped } from "./not-recovered.js";
export { combineShares, splitSecret } from "./shamir.js";
export { macMismatch, macMissing, macUnreadable, notEncrypted, timeOfOthers } from "./unseal-errors.js";
