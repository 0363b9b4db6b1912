import type { Command } from "commander";
import { readSetFlag } from "../commands/set-unset/flags.js";
import {
  addExtractOption,
  addFileOptions,
  addKeyOptions,
  addLossOption,
  addMacOptions,
  addRuleOptions,
  type Invocation,
  type Options,
} from "../flags/shared.js";
import { warn } from "../terminal/messages.js";
import { CommandError } from "./command-error.js";
import type { Given, Task } from "./definition.js";
import { exitCodes } from "./exit-codes.js";
import { sopsCommands } from "./sops-only.js";

interface FlagForm extends Options {
  encrypt?: boolean;
  decrypt?: boolean;
  version?: boolean;
  set?: string;
}

/** sops's older form, with a flag in a command's place: `isosops -d file`. Its flags may also stand before a command. */
export function addOlderForm(program: Command): void {
  program.optionsGroup("The older form, instead of a command:");
  program.option("-e, --encrypt", "encrypt a file, as `isosops encrypt` does");
  program.option("-d, --decrypt", "decrypt a file, as `isosops decrypt` does");
  program.option("--set <path and value>", "set a value in a file, as `isosops set` does");
  addKeyOptions(program);
  addRuleOptions(program);
  addExtractOption(program);
  addMacOptions(program, { encrypt: true, decrypt: true });
  addFileOptions(program);
  addLossOption(program);
}

/** Read what was given without a command. Throws `CommandError`. */
export function readFlagForm(files: readonly string[], options: FlagForm, isEmpty: boolean): Task {
  const { encrypt, decrypt, set, version: _, ...rest } = options;
  const [file, ...ignored] = files;
  const asked = [encrypt && "--encrypt", decrypt && "--decrypt", set && "--set"].filter(Boolean);
  if (asked.length > 1) {
    throw new CommandError(exitCodes.conflictingParameters, `${asked.join(" and ")} exclude each other: give one.`);
  }
  if (set && file !== undefined) return readSetFlag(file, set, rest);
  if (encrypt !== true && decrypt !== true && file !== undefined) {
    throw new CommandError(
      exitCodes.generic,
      sopsCommands.has(file)
        ? `\`${file}\` is a command of sops that this version of isosops does not have.`
        : `Say what to do with ${file}: \`isosops encrypt ${file}\` or \`isosops decrypt ${file}\`.`,
    );
  }
  if (file === undefined) {
    const command = decrypt === true ? "decrypt" : "encrypt";
    throw new CommandError(
      exitCodes.noFile,
      isEmpty
        ? "No file was given. `isosops --help` shows what can be done."
        : `No file was given. To read from stdin, use \`isosops ${command}\`.`,
    );
  }
  return toTask({ operation: encrypt === true ? "encrypt" : "decrypt", file, ignored, options: rest });
}

/** Read what was given to `isosops encrypt` or `isosops decrypt`. Throws `CommandError`. */
export function readCommandForm(operation: "encrypt" | "decrypt", given: Given): Task {
  const { encrypt, decrypt, set: _set, version: _version, ...general } = given.general as FlagForm;
  const after = given.options as Options;
  if (encrypt === true || decrypt === true) {
    throw new CommandError(
      exitCodes.conflictingParameters,
      `--${encrypt === true ? "encrypt" : "decrypt"} and the command \`${operation}\` exclude each other. A file of that name is given as ./${operation}.`,
    );
  }
  const [file, ...ignored] = given.args;
  const options: Options = { ...general, ...after };
  const age = [...(general.age ?? []), ...(after.age ?? [])];
  if (age.length > 0) options.age = age;
  return toTask({ operation, file, ignored, options });
}

function toTask(invocation: Invocation): Task {
  const { operation, ignored } = invocation;
  return {
    operation,
    async run() {
      const command =
        operation === "encrypt"
          ? (await import("../commands/encrypt/run.js")).encryptCommand
          : (await import("../commands/decrypt/run.js")).decryptCommand;
      if (ignored.length > 0) warn(`only one file is taken at a time: ${ignored.join(", ")} was left alone.`);
      await command(invocation);
    },
  };
}
