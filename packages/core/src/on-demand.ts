/**
 * What few files need, loaded on first use. It is one module, because a bundler that splits the code at each of several
 * would also cut what every file needs into many small files.
 */
export { warnOfComments } from "./comment-warnings.js";
export { notRecovered, notWrapped } from "./not-recovered.js";
export { checkEncrypted, findRule, findWanted } from "./select/select.js";
export { combineShares, splitSecret } from "./shamir.js";
