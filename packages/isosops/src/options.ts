import { SopsError } from "@isosops/core";

/** What a person may have meant by an option is not guessed: a rule left unread would encrypt other values. */
const commonNames = ["format", "outputFormat", "layout", "indent", "filename"];

const lossNames = ["allowLoss"];

const selectNames = ["select", "allowExtra", "allowUnmatched"];

export const encryptNames: readonly string[] = [
  ...commonNames,
  ...selectNames,
  ...lossNames,
  "recipients",
  "keyGroups",
  "shamirThreshold",
  "macOnlyEncrypted",
  "unencryptedSuffix",
  "encryptedSuffix",
  "unencryptedRegex",
  "encryptedRegex",
  "unencryptedCommentRegex",
  "encryptedCommentRegex",
];

export const decryptNames: readonly string[] = [...commonNames, "identities", "ignoreMac", "integers", "dates"];

export const reselectNames: readonly string[] = [
  ...commonNames.filter((name) => name !== "outputFormat"),
  ...selectNames,
  ...lossNames,
  "deselect",
  "identities",
  "ignoreMac",
];

export const changeReadersNames: readonly string[] = [
  "format",
  "filename",
  "identities",
  "add",
  "remove",
  "newDataKey",
];

export const extractNames: readonly string[] = [...decryptNames, "path"];

export const unsetNames: readonly string[] = [
  ...commonNames,
  ...lossNames,
  "identities",
  "ignoreMac",
  "path",
  "idempotent",
];

export const setNames: readonly string[] = [...unsetNames, "value", "json"];

export const verifyNames: readonly string[] = ["format", "filename", "creationRule"];

const choices: Readonly<Record<string, readonly string[]>> = {
  layout: ["preserve", "sops"],
  integers: ["exact", "number", "bigint", "string"],
  dates: ["date", "string"],
};

/** For callers whom no compiler checks. Throws `SopsError` `invalid_option`. */
export function checkArguments(source: unknown, options: object | undefined, names: readonly string[]): void {
  if (typeof source !== "string" && !(source instanceof Uint8Array)) {
    throw refuse("The source must be a string or a `Uint8Array`. Of a result of `encrypt`, take its `text`.");
  }
  if (typeof options !== "object" || options === null) throw refuse("The options are missing: give at least `format`.");
  for (const [name, value] of Object.entries(options)) {
    if (!names.includes(name)) {
      throw refuse(`There is no option ${JSON.stringify(name)} here. The options are ${names.join(", ")}.`);
    }
    if (value === undefined) continue;
    const allowed = Object.hasOwn(choices, name) ? choices[name] : undefined;
    if (allowed !== undefined && !allowed.includes(value)) {
      throw refuse(`\`${name}\` must be ${allowed.map((choice) => `"${choice}"`).join(" or ")}.`);
    }
    if (/(?:Suffix|Regex)$/.test(name) && typeof value !== "string") {
      throw refuse(`\`${name}\` must be a string; of a regular expression, give its \`source\`.`);
    }
    if (/^(?:de)?select$/.test(name) && !(Array.isArray(value) && value.every((item) => typeof item === "string"))) {
      throw refuse(`\`${name}\` must be a list of selectors, such as \`${name}: ["password"]\`.`);
    }
    if (name === "indent" && !(Number.isInteger(value) && value >= 0 && value <= 100)) {
      throw refuse("`indent` must be a whole number of spaces from 0 to 100.");
    }
  }
  if (!("format" in options) || options.format === undefined) {
    throw refuse('`format` is missing: say what the source is, such as `format: "yaml"`.');
  }
}

function refuse(message: string): SopsError {
  return new SopsError("invalid_option", message);
}
