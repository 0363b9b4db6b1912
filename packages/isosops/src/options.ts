import { SopsError } from "@isosops/core";
import { readSource } from "./source.js";

/** Exactly one of several options. */
export type OneOf<Options> = {
  [Name in keyof Options]: { [Own in Name]: Options[Own] } & { [Other in Exclude<keyof Options, Name>]?: undefined };
}[keyof Options];

/** None of several options. */
export type NoneOf<Options> = Partial<Record<keyof Options, undefined>>;

/** At least one of several options. */
export type SomeOf<Options> = {
  [Name in keyof Options]: { [Own in Name]: Options[Own] } & {
    [Other in Exclude<keyof Options, Name>]?: Options[Other] | undefined;
  };
}[keyof Options];

/** Whether a value is right for an option, and what it must be; or the texts that it may be. */
export type OptionCheck = readonly [isRight: (value: unknown) => boolean, mustBe: string] | readonly string[];

/** Checks for callers without a type checker: one for each option. Unknown options are errors. */
export type OptionChecks<Options> = Readonly<Record<Options extends unknown ? keyof Options : never, OptionCheck>>;

export const isText = (value: unknown): boolean => typeof value === "string";

export function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && Array.from(value).every(isItem);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** An object of a type of keys, with these functions. */
export function isOfKeys(value: unknown, functions: readonly string[]): boolean {
  return isObject(value) && isText(value.type) && functions.every((name) => typeof value[name] === "function");
}

export const isFlag: OptionCheck = [(value) => typeof value === "boolean", "true or false"];
export const isString: OptionCheck = [isText, "a string"];
export const isFunction: OptionCheck = [(value) => typeof value === "function", "a function"];
/** For options that are checked where they are used. */
export const isAnything: OptionCheck = [() => true, ""];
export const isThreshold: OptionCheck = [
  (value) => Number.isInteger(value) && (value as number) > 0,
  "a number of key groups, such as 2",
];
export const isSignal: OptionCheck = [
  (value) =>
    isObject(value) && typeof value.throwIfAborted === "function" && typeof value.addEventListener === "function",
  "an `AbortSignal`",
];
export const isSelectors: OptionCheck = [
  (value) => isList(value, isText),
  'a list of selectors, such as `["password"]`',
];
export const areKinds: OptionCheck = [
  (value) => isList(value, (item) => isOfKeys(item, ["wrapper", "source"])),
  "a list of kinds of keys, such as `[awsKmsKind()]` with `@isosops/keys/aws`",
];
/**
 * Checks the arguments of callers without a type checker.
 *
 * @throws {SopsError} `invalid_option`.
 */
export function checkArguments(source: unknown, options: object | undefined, checks: OptionChecks<never>): void {
  readSource(source);
  if (!isObject(options)) throw refuse("The options are missing: give at least `format` or `filename`.");
  const known: Readonly<Record<string, OptionCheck>> = checks;
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(known, name) ? known[name] : undefined;
    if (check === undefined) {
      const names = Object.keys(known).join(", ");
      throw refuse(`There is no option ${JSON.stringify(name)} here. The options are ${names}.`);
    }
    if (value === undefined) continue;
    // Paths and values have more specific errors. A file name is not written to a file.
    if (!["path", "value", "filename"].includes(name) && holdsHalfCharacter(value, 2)) {
      throw refuse(`\`${name}\` holds half of a surrogate pair, which no file can hold.`);
    }
    const [isRight, mustBe] = check;
    if (typeof isRight === "function" ? !isRight(value) : !check.includes(value as never)) {
      const allowed = typeof isRight === "function" ? mustBe : check.map((text) => `"${text}"`).join(" or ");
      throw refuse(`\`${name}\` must be ${allowed}.`);
    }
  }
  if ("format" in known && options.format === undefined && options.filename === undefined) {
    throw refuse(
      '`format` is missing: say what the source is, such as `format: "yaml"`, or give the name of its file, `filename`.',
    );
  }
}

/**
 * Checks options of which only one may be given.
 *
 * @throws {SopsError} `invalid_option`.
 */
export function checkExclusive(options: object, names: readonly string[], remedy: string): void {
  const given = names.filter((name) => (options as Record<string, unknown>)[name] !== undefined);
  if (given.length > 1) throw refuse(`\`${given[0]}\` and \`${given[1]}\` are mutually exclusive: ${remedy}.`);
}

/** Checks text, and lists up to the given depth. */
function holdsHalfCharacter(value: unknown, depth: number): boolean {
  // Most text has no surrogates, and the first expression needs no tables of Unicode.
  if (typeof value === "string") return /[\ud800-\udfff]/.test(value) && /\p{Surrogate}/u.test(value);
  return depth > 0 && Array.isArray(value) && value.some((item) => holdsHalfCharacter(item, depth - 1));
}

export function refuse(message: string): SopsError {
  return new SopsError("invalid_option", message);
}
