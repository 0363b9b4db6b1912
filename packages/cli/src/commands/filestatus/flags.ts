import type { Options } from "../../flags/invocation.js";
import { addFormatOptions } from "../../flags/options.js";
import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

export const filestatusDefinition: CommandDefinition = {
  syntax: "filestatus [file...]",
  usage: "[options] file",
  summary: "tell whether a file is encrypted, as JSON",
  description:
    'Print {"encrypted":true} if a file has the sops block of an encrypted file, with its MAC, and {"encrypted":false} otherwise. Needs no key, and checks nothing else: see verify.',
  examples: ["isosops filestatus secret.yaml", "isosops filestatus --input-type yaml secret | jq .encrypted"],
  addFlags: (command) => addFormatOptions(command, { output: false }),
  task({ args, options, general }) {
    const [file, ...ignored] = args;
    if (file === undefined) throw new CommandError(exitCodes.noFile, "No file was given: isosops filestatus FILE.");
    const invocation = {
      operation: "filestatus",
      file,
      ignored,
      options: { ...(general as Options), ...(options as Options) },
    } as const;
    return {
      operation: "filestatus",
      run: async () => (await import("./run.js")).filestatusCommand(invocation),
    };
  },
};
