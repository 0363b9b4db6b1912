export { isOfMerge as isConflicted } from "../conflict.js";
export { versionsMerged } from "../merge-mark.js";
export type { VersionDifference } from "./differences.js";
export { choose, readMarkers, unmerged } from "./markers.js";
export { type Merged, type MergeOptions, type MergeSources, merge, showConflicts } from "./merge.js";
export {
  type Choice,
  type OpenConflict,
  type OpenConflictsOptions,
  type OpenedConflicts,
  openConflicts,
} from "./resolve.js";
export type { MergeConflict } from "./three-way.js";
export { type KeylessOptions, type MergedWithoutKey, mergeWithoutKey } from "./without-key.js";
