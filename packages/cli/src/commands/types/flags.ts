import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

/** The flags of `isosops types`. */
export interface TypesFlags {
  readonly check?: boolean;
  readonly print?: boolean;
}

export const typesDefinition: CommandDefinition = {
  syntax: "types [files...]",
  usage: "[options] files...",
  summary: "write the TypeScript types of encrypted files, without a key",
  description:
    'Write the types of the module that `import secrets from "./secret.yaml"` is with the plug-ins for bundlers of @isosops/node: beside secret.yaml, into secret.d.yaml.ts. Keys and types of values are readable without a key, and the types contain no values. In tsconfig.json, TypeScript needs "allowArbitraryExtensions": true.',
  examples: ["isosops types secrets.enc.yaml", "isosops types --check config/*.enc.*"],
  remarks: `With --check, exit code ${exitCodes.findings} means that types are missing or out of date.`,
  addFlags(command) {
    command
      .optionsGroup("Output:")
      .option("--check", "write nothing, and tell whether the types are those of the files")
      .option("--print", "print the types instead");
  },
  task({ args, options }) {
    const flags = options as TypesFlags;
    if (flags.check && flags.print) {
      throw new CommandError(exitCodes.conflictingParameters, "--check and --print are mutually exclusive: give one.");
    }
    if (args.length === 0) throw new CommandError(exitCodes.noFile, "No file was given: isosops types FILE.");
    return {
      operation: "types",
      run: async () => (await import("./run.js")).typesCommand(args, flags),
    };
  },
};
