/**
 * The editor, loaded when a file is edited. With the store, because esbuild makes one file of the modules that the same
 * entries lead to.
 */
export { jsonEditor } from "./edit.js";
export { json } from "./index.js";
