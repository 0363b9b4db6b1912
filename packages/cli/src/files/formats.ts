import type { ConfigFile } from "@isosops/node/internal/config/config-file";
import type { Invocation, Options } from "../flags/invocation.js";
import { isCalledAsSops } from "../program/called-as-sops.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

export const formatNames = ["yaml", "json", "dotenv", "ini", "binary", "toml", "xml"] as const;

export type FormatName = (typeof formatNames)[number];

/**
 * The formats of sops by file extension (cmd/sops/formats/formats.go); any other file is binary. Formats that sops
 * lacks must be requested by flag, so that nobody gets a file that sops cannot open by accident.
 */
const byEnding: readonly (readonly [string, FormatName])[] = [
  [".yaml", "yaml"],
  [".yml", "yaml"],
  [".json", "json"],
  [".env", "dotenv"],
  [".ini", "ini"],
];

/** The format by a file's extension. */
export function formatOfName(name: string): FormatName | undefined {
  return byEnding.find(([ending]) => name.endsWith(ending))?.[1];
}

/** The input and output formats, from flags, else from the file's extension. Throws `CommandError`. */
export function chooseFormats({ options, file }: Invocation): { format: FormatName; outputFormat: FormatName } {
  const name = options.filenameOverride || file;
  const named = name === undefined ? undefined : formatOfName(name);
  if (isCalledAsSops()) {
    // In sops, what has no known ending, or no name, is binary on each side where no flag says otherwise.
    return {
      format: fromFlag("--input-type", options.inputType) ?? named ?? "binary",
      outputFormat: fromFlag("--output-type", options.outputType) ?? named ?? "binary",
    };
  }
  const input = fromFlag("--input-type", options.inputType) ?? named ?? (name === undefined ? undefined : "binary");
  if (input === undefined) {
    throw new CommandError(
      exitCodes.generic,
      `What is read from stdin has no name to tell its format by: give --input-type, one of ${formatNames.join(", ")}.`,
    );
  }
  return { format: input, outputFormat: fromFlag("--output-type", options.outputType) ?? named ?? input };
}

/**
 * A hint for a file that is encrypted as binary although its values could be encrypted: a file in a format that sops
 * lacks.
 */
export function extensionHint({ options, file }: Invocation, format: FormatName): string | undefined {
  const name = options.filenameOverride || file;
  const ending = name === undefined || options.inputType ? undefined : /\.(toml|xml)$/.exec(name)?.[1];
  if (ending === undefined || format !== "binary") return undefined;
  return `encrypted as a whole, as sops does with a file of that name. With --input-type ${ending} only its values are, in a form that sops does not read.`;
}

/** The layout of the output: of the flag, else that of the author, or where the command stands for sops, that of sops. */
export function chooseLayout({ layout }: Pick<Options, "layout">): "preserve" | "sops" | undefined {
  return layout ?? (isCalledAsSops() ? "sops" : undefined);
}

function fromFlag(flag: string, value: string | undefined): FormatName | undefined {
  // As in sops, an empty value counts as not given.
  if (value === undefined || value === "") return undefined;
  const format = formatNames.find((known) => known === value);
  if (format !== undefined) return format;
  throw new CommandError(
    exitCodes.generic,
    `${flag} ${value}: ${value} is not a format. Give one of ${formatNames.join(", ")}.`,
  );
}

/** `--indent`, else the indent of the configuration for the format (config.go, `StoresConfig`). */
export function chooseIndent(
  { indent }: Options,
  config: ConfigFile | undefined,
  format: FormatName,
): number | undefined {
  if (indent !== undefined || config === undefined) return indent;
  const { stores } = config.config;
  return Object.hasOwn(stores, format) ? stores[format as keyof typeof stores] : undefined;
}
