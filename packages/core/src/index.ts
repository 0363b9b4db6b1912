export { tagOf, toBytes } from "./bytes.js";
export type { CacheOptions } from "./cached-source.js";
export { cachedSource } from "./cached-source.js";
export type { EncryptedValue } from "./cipher/value.js";
export { isEncryptedValue, parseEncryptedValue } from "./cipher/value.js";
export { compilePattern } from "./compile-pattern.js";
export type { Data, DataOptions } from "./data.js";
export { toData } from "./data.js";
export type { Decrypted, DecryptOptions } from "./decrypt.js";
export { decrypt } from "./decrypt.js";
export { changedCollection, valueAt } from "./edit/change.js";
export type { Path } from "./edit/parse-path.js";
export { parsePath } from "./edit/parse-path.js";
export type { Encrypted, EncryptOptions } from "./encrypt.js";
export { encrypt } from "./encrypt.js";
export type { ErrorAt } from "./error-at.js";
export { errorAt, placeFinder, placeOf } from "./error-at.js";
export type { ErrorCode, SopsErrorDetails } from "./errors.js";
export { SopsError, showPath } from "./errors.js";
export { withJson } from "./json-form.js";
export type {
  KeyGroup,
  KeyKind,
  KeyOptions,
  KeyReference,
  KeySource,
  KeyWrapper,
  MasterKey,
  MetadataValue,
  RecoverOptions,
} from "./keysource.js";
export type { Metadata } from "./metadata.js";
export { fieldMap, readMetadata, sopsVersion, writeMetadata } from "./metadata.js";
export { needsRotation } from "./needs-rotation.js";
export { parseSource } from "./parse-source.js";
export type { OpenOptions, ResealOptions } from "./reseal.js";
export { open, reopenEdited, reseal } from "./reseal.js";
export type { CompiledRule, Rule } from "./rule.js";
export { compileRule, defaultUnencryptedSuffix, normalizeRule, ruleNames } from "./rule.js";
export { canonicalBool, canonicalInt, canonicalTime, formatFloat, parseFloat64 } from "./scalars.js";
export type { SelectOptions } from "./select/select.js";
export type { SettleOptions } from "./settle-all.js";
export { settleAll } from "./settle-all.js";
export type {
  Alias,
  Change,
  Document,
  EditedText,
  Editor,
  Layout,
  ParseOptions,
  PlainSide,
  RenderOptions,
  Store,
} from "./store.js";
export { decodeUtf8, toText } from "./text.js";
export { limited } from "./too-large.js";
export type { Carried, Comment, Entry, Leaf, Mapping, Node, Place, Sequence, ValueType } from "./tree.js";
export { comment, entry, leaf, leavesOf, lookup, mapping, sequence } from "./tree.js";
export type { Ciphertext, Ciphertexts, Unsealed } from "./unseal.js";
export type { Finding, FindingLevel, FindingRule, Region } from "./verify/finding-rules.js";
export { findingRules } from "./verify/finding-rules.js";
export type { Visitor } from "./walk.js";
export { walk } from "./walk.js";
export type { Warning, WarningCode } from "./warning.js";
