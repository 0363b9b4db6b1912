/**
 * Selection of exactly the values that selectors name, in plain files (`encrypt` with `select`) and in encrypted ones.
 */
export { literalNames } from "../regex.js";
export { hidesSomething, namesPattern } from "./compile.js";
export type { Target, TargetFinder } from "./match.js";
export { findTargets, targetFinder } from "./match.js";
export type { NearFinder } from "./near.js";
export { foldName, nearFinder, nearNames } from "./near.js";
export type { Reselected, ReselectOptions } from "./reselect.js";
export { reselect } from "./reselect.js";
export { selectedLeaves } from "./select.js";
export type { Selector, Step } from "./selector.js";
export { parseSelector, showSelector } from "./selector.js";
