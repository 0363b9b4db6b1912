export type { ErrorCode, SopsErrorDetails } from "./errors.js";
export { SopsError, showPath } from "./errors.js";
export type { KeyGroup, KeySource, KeyWrapper, MasterKey, MetadataValue } from "./keysource.js";
export { canonicalBool, canonicalInt, canonicalTime, formatFloat, parseFloat64 } from "./scalars.js";
export type { Document, Layout, ParseOptions, RenderOptions, Store } from "./store.js";
export type { Comment, Entry, Leaf, Mapping, Node, Place, Sequence, ValueType } from "./tree.js";
export { comment, entry, leaf, lookup, mapping, sequence } from "./tree.js";
