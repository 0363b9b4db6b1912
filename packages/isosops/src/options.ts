import { SopsError } from "@isosops/core";
import { readSource } from "./source.js";

/** Unknown options are errors: a rule that is silently ignored would encrypt other values. */
const commonNames = ["format", "outputFormat", "layout", "indent", "filename"];

export const openingNames: readonly string[] = ["identities", "keySources", "decryptionOrder", "onRecovered", "signal"];

const lossNames = ["allowLoss"];

const selectNames = ["select", "allowExtra", "allowUnmatched"];

export const encryptNames: readonly string[] = [
  ...commonNames,
  ...selectNames,
  ...lossNames,
  "recipients",
  "keys",
  "keyGroups",
  "shamirThreshold",
  "macOnlyEncrypted",
  "unencryptedSuffix",
  "encryptedSuffix",
  "unencryptedRegex",
  "encryptedRegex",
  "unencryptedCommentRegex",
  "encryptedCommentRegex",
  "signal",
];

export const decryptNames: readonly string[] = [...commonNames, ...openingNames, "ignoreMac", "integers", "dates"];

export const reselectNames: readonly string[] = [
  ...commonNames.filter((name) => name !== "outputFormat"),
  ...selectNames,
  ...lossNames,
  "deselect",
  ...openingNames,
  "ignoreMac",
];

const readingNames = ["format", "filename", ...openingNames, "ignoreMac"];

export const getNames: readonly string[] = [...readingNames, "path", "integers", "dates"];

export const extractNames: readonly string[] = [...readingNames, "path", "outputFormat", "indent"];

export const unsetNames: readonly string[] = [
  ...commonNames,
  ...lossNames,
  ...openingNames,
  "ignoreMac",
  "path",
  "idempotent",
];

export const openToEditNames: readonly string[] = [
  ...commonNames,
  ...lossNames,
  ...openingNames,
  "ignoreMac",
  "showMasterKeys",
];

export const variablesNames: readonly string[] = [...readingNames, "separator"];

export const setNames: readonly string[] = [...unsetNames, "value", "json"];

export const repairNames: readonly string[] = ["format", "filename", ...openingNames, "findSealed", "accept"];

export const verifyNames: readonly string[] = ["format", "filename", "creationRule"];

const choices: Readonly<Record<string, readonly string[]>> = {
  layout: ["preserve", "sops"],
  integers: ["exact", "number", "bigint", "string"],
  dates: ["date", "string"],
};

export const isText = (value: unknown): boolean => typeof value === "string";
const isTexts = (value: unknown): boolean => Array.isArray(value) && Array.from(value).every(isText);

/** The type of options: their names, a test, and its description after "must be". */
export type OptionType = readonly [names: RegExp, isOfType: (value: unknown) => boolean, type: string];

const types: readonly OptionType[] = [
  [/^(?:format|outputFormat)$/, isFormat, 'the name of a format, such as "yaml", or a store'],
  [/(?:Suffix|Regex)$/, isText, "a string; of a regular expression, give its `source`"],
  [/^(?:filename|json|separator)$/, isText, "a string"],
  [
    /^(?:ignoreMac|idempotent|macOnlyEncrypted|newDataKey|showMasterKeys|allow[A-Z]\w+)$/,
    (value) => typeof value === "boolean",
    "true or false",
  ],
  [/^(?:de)?select$/, isTexts, 'a list of selectors, such as `["password"]`'],
  [
    /^keyGroups$/,
    (value) => isList(value, Array.isArray),
    'a list of lists of keys, such as `[["age1..."], ["age1..."]]`',
  ],
  [/^keys$/, Array.isArray, "a list of keys, such as `[awsKms(arn), age(recipient)]`"],
  [
    /^keySources$/,
    (value) => isList(value, isKeySource),
    "a list of key sources, such as `[awsKmsSource()]` with `@isosops/keys/aws`",
  ],
  [/^decryptionOrder$/, isTexts, 'a list of types of keys, such as `["age", "pgp", "kms"]`'],
  [/^signal$/, (value) => isObject(value) && typeof value.throwIfAborted === "function", "an `AbortSignal`"],
  [
    /^indent$/,
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 100,
    "a whole number of spaces from 0 to 100",
  ],
  [
    /^shamirThreshold$/,
    (value) => Number.isInteger(value) && (value as number) > 0,
    "a number of key groups, such as 2",
  ],
  [/^(?:findSealed|accept|onRecovered)$/, (value) => typeof value === "function", "a function"],
  [/^creationRule$/, isCreationRule, "a rule of a configuration, as `findCreationRule` gives it"],
];

export function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && Array.from(value).every(isItem);
}

function isFormat(value: unknown): boolean {
  return (
    isText(value) ||
    (isObject(value) && isText(value.name) && typeof value.parse === "function" && typeof value.render === "function")
  );
}

function isKeySource(value: unknown): boolean {
  return isObject(value) && isText(value.type) && typeof value.unwrap === "function";
}

export function isReference(value: unknown): boolean {
  if (!isObject(value) || !isText(value.type) || !isText(value.id)) return false;
  const { context = {}, awsProfile = "" } = value;
  return isText(awsProfile) && isObject(context) && Object.values(context).every(isText);
}

function isCreationRule(value: unknown): boolean {
  return (
    isObject(value) &&
    isList(value.keyGroups, (group) => isList(group, isReference)) &&
    Object.entries(value).every(([name, item]) => !/(?:Suffix|Regex)$/.test(name) || item === undefined || isText(item))
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/**
 * Checks the arguments of callers without a type checker.
 *
 * @param ownTypes - Of options that only one function has.
 * @throws {SopsError} `invalid_option`.
 */
export function checkArguments(
  source: unknown,
  options: object | undefined,
  names: readonly string[],
  ownTypes: readonly OptionType[] = [],
): void {
  readSource(source);
  if (!isObject(options)) throw refuse("The options are missing: give at least `format`.");
  for (const [name, value] of Object.entries(options)) {
    if (!names.includes(name)) {
      throw refuse(`There is no option ${JSON.stringify(name)} here. The options are ${names.join(", ")}.`);
    }
    if (value === undefined) continue;
    const allowed = Object.hasOwn(choices, name) ? choices[name] : undefined;
    if (allowed !== undefined && !(isText(value) && allowed.includes(value as string))) {
      throw refuse(`\`${name}\` must be ${allowed.map((choice) => `"${choice}"`).join(" or ")}.`);
    }
    // Paths and values have more specific errors. A file name is not written to a file.
    if (!["path", "value", "filename"].includes(name) && holdsHalfCharacter(value, 2)) {
      throw refuse(`\`${name}\` holds half of a surrogate pair, which no file can hold.`);
    }
    for (const [pattern, isOfType, type] of [...types, ...ownTypes]) {
      if (pattern.test(name) && !isOfType(value)) throw refuse(`\`${name}\` must be ${type}.`);
    }
  }
  if (options.format === undefined) {
    throw refuse('`format` is missing: say what the source is, such as `format: "yaml"`.');
  }
  const given = ["recipients", "keys", "keyGroups"].filter((name) => options[name] !== undefined);
  if (given.length > 1) {
    throw refuse(`\`${given[0]}\` and \`${given[1]}\` are mutually exclusive: put all keys into one of them.`);
  }
}

/** Checks text, and lists up to the given depth. */
function holdsHalfCharacter(value: unknown, depth: number): boolean {
  if (typeof value === "string") return /\p{Surrogate}/u.test(value);
  return depth > 0 && Array.isArray(value) && value.some((item) => holdsHalfCharacter(item, depth - 1));
}

function refuse(message: string): SopsError {
  return new SopsError("invalid_option", message);
}
