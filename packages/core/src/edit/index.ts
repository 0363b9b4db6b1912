/** Single values of encrypted files: set, removed, taken out; and set in plain ones. */
export type { Edited, EditOptions } from "./edit.js";
export { setValue, unsetValue } from "./edit.js";
export type { PlainAssignment, PlainEdited, PlainEditOptions } from "./edit-plain.js";
export { setPlainValue, setPlainValues } from "./edit-plain.js";
export type { Extracted } from "./extract.js";
export { extract } from "./extract.js";
export { fromData } from "./from-data.js";
export type { Path } from "./parse-path.js";
