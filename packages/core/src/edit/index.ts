/** Set, unset and extract single values of encrypted files, and set those of plain ones. */
export type { Edited, EditOptions, ValueEdit } from "./edit.js";
export { editValues } from "./edit.js";
export type { PlainAssignment, PlainEdited, PlainEditOptions } from "./edit-plain.js";
export { setPlainValue, setPlainValues } from "./edit-plain.js";
export type { Extracted } from "./extract.js";
export { extract, getValue } from "./extract.js";
export { fromData } from "./from-data.js";
export type { Path } from "./parse-path.js";
export type { EditedFile, OpenedToEdit, OpenToEditOptions } from "./whole-file.js";
export { openToEdit } from "./whole-file.js";
