/**
 * The editor, loaded when a file is edited. With the store, because esbuild makes one file of the modules that the same
 * entries lead to.
 */
export { yamlEditor } from "./edit/texts.js";
export { yaml } from "./index.js";
