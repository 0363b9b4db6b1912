import type { Command } from "commander";
import { configEnvironment, identityEnvironment, keyServiceEnvironment } from "../../flags/environment.js";
import type { Options } from "../../flags/invocation.js";
import {
  addConfigOption,
  addFormatOptions,
  addLayoutOptions,
  addLossOption,
  addMacOptions,
  addRecoveryOptions,
  addThresholdOption,
} from "../../flags/options.js";
import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition, Given, Task } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

/** An edit of one value. */
export interface EditTask {
  readonly operation: "set" | "unset";
  readonly file: string;
  /** As given: `["key"][0]`. */
  readonly path: string;
  /** JSON, or with `valueFile` the path of a JSON file; undefined if it is read from stdin. */
  readonly value?: string | undefined;
  readonly options: EditOptions;
}

interface EditOptions extends Options {
  valueFile?: boolean;
  valueStdin?: boolean;
  idempotent?: boolean;
}

const pathRemarks = `A path is written ["key"][0]["key"]: keys in quotes, list indices from 0, each in brackets, from
the top of the file's first document. Of a binary file, ["data"] can be set to a string, the file's
content, and nothing else (sops sets any path).`;

export const setDefinition: CommandDefinition = {
  syntax: "set [args...]",
  usage: "[options] file path [value]",
  summary: "set a value in an encrypted file",
  description:
    "Set a value in an encrypted file. It is encrypted if the file's rule selects it; everything else is kept, ciphertexts included.",
  examples: [
    `isosops set secret.yaml '["db"]["password"]' '"hunter2"'`,
    `isosops set --value-stdin secret.yaml '["db"]["hosts"][0]' < value.json`,
  ],
  environment: [identityEnvironment, keyServiceEnvironment, configEnvironment],
  hasFlagsBehindArguments: true,
  remarks: `The value is JSON: a string has double quotes.\n${pathRemarks}`,
  addFlags(command) {
    command
      .optionsGroup("The value:")
      .option("--value-file", "the value is a path to a file with the value")
      .option("--value-stdin", "read the value from stdin")
      .option("--idempotent", "do not write the file if it already has the value");
    addEditOptions(command);
  },
  task: readSet,
};

export const unsetDefinition: CommandDefinition = {
  syntax: "unset [args...]",
  usage: "[options] file path",
  summary: "remove a value from an encrypted file",
  description: "Remove a value, a list or a mapping from an encrypted file. Everything else is kept.",
  examples: [`isosops unset secret.yaml '["db"]["password"]'`],
  environment: [identityEnvironment, keyServiceEnvironment, configEnvironment],
  hasFlagsBehindArguments: true,
  remarks: pathRemarks,
  addFlags(command) {
    command.option("--idempotent", "succeed if there is no value at the path");
    addEditOptions(command);
  },
  task: readUnset,
};

function addEditOptions(command: Command): void {
  addRecoveryOptions(command);
  addThresholdOption(command, "no effect, as in sops: the file keeps its own");
  addMacOptions(command, { decrypt: true });
  command.optionsGroup("Files and formats:");
  addFormatOptions(command);
  addConfigOption(command);
  addLayoutOptions(command);
  addLossOption(command);
}

function readSet({ args, options, general }: Given): Task {
  const { valueFile, valueStdin } = options as EditOptions;
  if (valueFile === true && valueStdin === true) {
    throw new CommandError(exitCodes.generic, "--value-file and --value-stdin are mutually exclusive: give one.");
  }
  const wanted = valueStdin === true ? 2 : 3;
  if (args.length !== wanted) {
    throw new CommandError(
      exitCodes.noFile,
      valueStdin === true
        ? "With --value-stdin, give a file and a path: isosops set --value-stdin FILE PATH."
        : "Give a file, a path and a value: isosops set FILE PATH VALUE.",
    );
  }
  const [file, path, value] = args as [string, string, string | undefined];
  return editTask({ operation: "set", file, path, value, options: { ...(general as Options), ...options } });
}

function readUnset({ args, options, general }: Given): Task {
  if (args.length !== 2) {
    throw new CommandError(exitCodes.noFile, "Give a file and a path: isosops unset FILE PATH.");
  }
  const [file, path] = args as [string, string];
  return editTask({ operation: "unset", file, path, options: { ...(general as Options), ...options } });
}

/**
 * sops's older form, `isosops --set 'PATH VALUE' FILE` (cmd/sops/main.go, `extractSetArguments`). Throws `CommandError`.
 */
export function readSetFlag(file: string, text: string, options: Options): Task {
  const end = text.indexOf("] ");
  if (end === -1) {
    throw new CommandError(
      exitCodes.setFormat,
      `--set takes a path, a space and a value in JSON: --set '["key"] "value"'.`,
    );
  }
  return editTask({ operation: "set", file, path: text.slice(0, end + 1), value: text.slice(end + 2), options });
}

function editTask(task: EditTask): Task {
  return {
    operation: task.operation,
    async run() {
      await (await import("./run.js")).editCommand(task);
    },
  };
}
