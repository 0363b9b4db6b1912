import { existsSync } from "@isosops/node/internal/file-system/fs";
import type { Command } from "commander";
import { readSetFlag } from "../commands/set-unset/flags.js";
import {
  addChangeOptions,
  addExtractOption,
  addFileOptions,
  addKeyOptions,
  addLossOption,
  addMacOptions,
  addRecoveryOptions,
  addRuleOptions,
  addShowMasterKeysOption,
} from "../flags/options.js";
import { CommandError } from "./command-error.js";
import type { Task } from "./definition.js";
import { exitCodes } from "./exit-codes.js";
import { fileTask, type OlderForm } from "./file-task.js";

/** sops's older form, with a flag instead of a command: `isosops -d file`. Its flags may also precede a command. */
export function addOlderForm(program: Command): void {
  program.optionsGroup("The older form, instead of a command:");
  program.option("-e, --encrypt", "encrypt a file, as `isosops encrypt` does");
  program.option("-d, --decrypt", "decrypt a file, as `isosops decrypt` does");
  program.option("-r, --rotate", "encrypt a file with a new data key, as `isosops rotate` does");
  program.option("--set <path and value>", "set a value in a file, as `isosops set` does");
  addShowMasterKeysOption(program);
  addKeyOptions(program);
  addChangeOptions(program);
  addRecoveryOptions(program);
  addRuleOptions(program);
  addExtractOption(program);
  addMacOptions(program, { encrypt: true, decrypt: true });
  addFileOptions(program);
  addLossOption(program);
}

/** The task of a command line without a command. Throws `CommandError`. */
export function readOlderForm(files: readonly string[], options: OlderForm, commands: readonly string[]): Task {
  const {
    encrypt,
    decrypt,
    rotate,
    set,
    version: _,
    checkForUpdates: _check,
    disableVersionCheck: _disable,
    ...rest
  } = options;
  const [file, ...ignored] = files;
  const asked = [encrypt && "--encrypt", decrypt && "--decrypt", rotate && "--rotate", set && "--set"].filter(Boolean);
  if (asked.length > 1) {
    throw new CommandError(exitCodes.conflictingParameters, `${asked.join(" and ")} are mutually exclusive: give one.`);
  }
  if (set && file !== undefined) return readSetFlag(file, set, rest);
  if (file === undefined) {
    const command = decrypt === true ? "decrypt" : "encrypt";
    if (rotate === true) throw new CommandError(exitCodes.noFile, "No file was given: isosops --rotate FILE.");
    throw new CommandError(
      exitCodes.noFile,
      `No file was given. To read from stdin, use \`isosops ${command}\`.`,
      undefined,
      { text: "Error: no file specified" },
    );
  }
  const operation = encrypt === true ? "encrypt" : decrypt === true ? "decrypt" : rotate === true ? "rotate" : "edit";
  const task = fileTask({ operation, file, ignored, options: rest, isOlderForm: true });
  return operation === "edit" ? afterCheck(file, commands, task) : task;
}

/** The task, unless the file is not there and its name is that of a command but for a few letters. */
function afterCheck(file: string, commands: readonly string[], task: Task): Task {
  return {
    ...task,
    async run() {
      if (/^[a-z-]+$/.test(file) && !existsSync(file)) {
        const { closest, distance } = await import("fastest-levenshtein");
        const meant = closest(file, [...commands]);
        if (distance(file, meant) <= Math.min(3, meant.length * 0.4)) {
          throw new CommandError(
            exitCodes.generic,
            `There is no command \`${file}\`, and no file of that name. Did you mean \`isosops ${meant}\`? To create a file of that name, write ./${file}.`,
          );
        }
      }
      await task.run();
    },
  };
}
