export type { CacheOptions, SettleOptions } from "@isosops/core";
export {
  cachedSource,
  isSameKey,
  keyName,
  needsRotation,
  referenceOf,
  settleAll,
} from "@isosops/core";
