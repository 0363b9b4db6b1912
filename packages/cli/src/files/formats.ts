import type { Invocation, Options } from "../flags/invocation.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import type { ConfigFile } from "./config-file.js";

const formatNames = ["yaml", "json", "dotenv", "ini", "binary", "toml", "xml"] as const;

export type FormatName = (typeof formatNames)[number];

/**
 * The formats of sops by the end of a file's name (cmd/sops/formats/formats.go); every other name is binary there. The
 * formats that sops lacks have to be asked for, so that nobody ends up by accident with a file that sops cannot open.
 */
const byEnding: readonly (readonly [string, FormatName])[] = [
  [".yaml", "yaml"],
  [".yml", "yaml"],
  [".json", "json"],
  [".env", "dotenv"],
  [".ini", "ini"],
];

/** The format that a file's name says it has. */
export function formatOfName(name: string): FormatName | undefined {
  return byEnding.find(([ending]) => name.endsWith(ending))?.[1];
}

/** What the input is and the output is to be: from the flags, else from the file's name. Throws `CommandError`. */
export function chooseFormats({ options, file }: Invocation): { format: FormatName; outputFormat: FormatName } {
  const name = options.filenameOverride || file;
  const named = name === undefined ? undefined : formatOfName(name);
  const input = fromFlag("--input-type", options.inputType) ?? named ?? (name === undefined ? undefined : "binary");
  if (input === undefined) {
    throw new CommandError(
      exitCodes.generic,
      `What is read from stdin has no name to tell its format by: give --input-type, one of ${formatNames.join(", ")}.`,
    );
  }
  // sops takes the output for binary where the name says nothing, even if the input was said to be something else.
  return { format: input, outputFormat: fromFlag("--output-type", options.outputType) ?? named ?? input };
}

/**
 * Said of a plain file that is going to be encrypted as a whole, though its values could be: a file with the ending of a
 * format that sops lacks.
 */
export function extensionHint({ options, file }: Invocation, format: FormatName): string | undefined {
  const name = options.filenameOverride || file;
  const ending = name === undefined || options.inputType ? undefined : /\.(toml|xml)$/.exec(name)?.[1];
  if (ending === undefined || format !== "binary") return undefined;
  return `encrypted as a whole, as sops does with a file of that name. With --input-type ${ending} only its values are, in a form that sops does not read.`;
}

function fromFlag(flag: string, value: string | undefined): FormatName | undefined {
  // An empty value counts as none, as it does for sops.
  if (value === undefined || value === "") return undefined;
  const format = formatNames.find((known) => known === value);
  if (format !== undefined) return format;
  throw new CommandError(
    exitCodes.generic,
    `${flag} ${value}: ${value} is no format. Give one of ${formatNames.join(", ")}.`,
  );
}

/** `--indent`, else what the configuration has for the format (config.go, `StoresConfig`). */
export function chooseIndent(
  { indent }: Options,
  config: ConfigFile | undefined,
  format: FormatName,
): number | undefined {
  if (indent !== undefined || config === undefined) return indent;
  const { stores } = config.config;
  return Object.hasOwn(stores, format) ? stores[format as keyof typeof stores] : undefined;
}
