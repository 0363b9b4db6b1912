import type { Invocation } from "./arguments.js";
import { CommandError } from "./command-error.js";
import { exitCodes } from "./exit-codes.js";

export type FormatName = "yaml" | "json";

/** The formats of sops by the end of a file's name (cmd/sops/formats/formats.go); every other name is binary there. */
const byEnding: readonly (readonly [string, string])[] = [
  [".yaml", "yaml"],
  [".yml", "yaml"],
  [".json", "json"],
  [".env", "dotenv"],
  [".ini", "ini"],
];

const notYet: ReadonlySet<string> = new Set(["dotenv", "ini", "binary"]);

/** What the input is and the output is to be: from the flags, else from the file's name. Throws `CommandError`. */
export function chooseFormats({ options, file }: Invocation): { format: FormatName; outputFormat: FormatName } {
  const name = options.filenameOverride || file;
  const named = name === undefined ? undefined : byEnding.find(([ending]) => name.endsWith(ending))?.[1];
  const input = fromFlag("--input-type", options.inputType) ?? named;
  if (input === undefined) {
    throw new CommandError(
      exitCodes.generic,
      name === undefined
        ? "What is read from stdin has no name to tell its format by: give --input-type yaml or json."
        : `${name}: the name does not end in .yaml, .yml or .json: give --input-type yaml or json. Other formats are not in this version.`,
    );
  }
  return {
    format: supported(input, name),
    outputFormat: supported(fromFlag("--output-type", options.outputType) ?? named ?? input, name),
  };
}

function fromFlag(flag: string, value: string | undefined): FormatName | undefined {
  // An empty value counts as none, as it does for sops.
  if (value === undefined || value === "") return undefined;
  if (value === "yaml" || value === "json") return value;
  const known = notYet.has(value) ? "is a format of sops that this version does not have" : "is no format";
  throw new CommandError(exitCodes.generic, `${flag} ${value}: ${value} ${known}. Give yaml or json.`);
}

function supported(format: string, name: string | undefined): FormatName {
  if (format === "yaml" || format === "json") return format;
  throw new CommandError(
    exitCodes.generic,
    `${name}: the format ${format} is not in this version. Where the file is YAML or JSON all the same, say so with --input-type and --output-type.`,
  );
}
