export type { CacheOptions, SettleOptions } from "@isosops/core";
export { cachedSource, needsRotation, settleAll } from "@isosops/core";
export { isSameKey, keyName, referenceOf } from "@isosops/core/key-reference";
