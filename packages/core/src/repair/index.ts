export type { SealedVersion, ValueChange, VersionChanges } from "./changes.js";
export type { Damage, Repaired, RepairOptions } from "./repair.js";
export { repair } from "./repair.js";
