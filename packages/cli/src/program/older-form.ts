import type { Command } from "commander";
import { quote } from "shlex";
import { readSetFlag } from "../commands/set-unset/flags.js";
import {
  addExtractOption,
  addFileOptions,
  addKeyOptions,
  addLossOption,
  addMacOptions,
  addRuleOptions,
} from "../flags/options.js";
import { CommandError } from "./command-error.js";
import type { Task } from "./definition.js";
import { exitCodes } from "./exit-codes.js";
import { fileTask, type OlderForm } from "./file-task.js";
import { sopsCommands } from "./sops-only.js";

/** sops's older form, with a flag instead of a command: `isosops -d file`. Its flags may also precede a command. */
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

/** The task of a command line without a command. Throws `CommandError`. */
export function readOlderForm(files: readonly string[], options: OlderForm, isEmpty: boolean): Task {
  const { encrypt, decrypt, set, version: _, ...rest } = options;
  const [file, ...ignored] = files;
  const asked = [encrypt && "--encrypt", decrypt && "--decrypt", set && "--set"].filter(Boolean);
  if (asked.length > 1) {
    throw new CommandError(exitCodes.conflictingParameters, `${asked.join(" and ")} are mutually exclusive: give one.`);
  }
  if (set && file !== undefined) return readSetFlag(file, set, rest);
  if (encrypt !== true && decrypt !== true && file !== undefined) {
    throw new CommandError(
      exitCodes.generic,
      sopsCommands.has(file)
        ? `\`${file}\` is a command of sops that this version of isosops does not have.`
        : `Say what to do with ${file}: \`isosops encrypt ${quote(file)}\` or \`isosops decrypt ${quote(file)}\`.`,
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
  return fileTask({ operation: encrypt === true ? "encrypt" : "decrypt", file, ignored, options: rest });
}
