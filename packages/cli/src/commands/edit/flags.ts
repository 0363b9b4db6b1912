import {
  configEnvironment,
  editorEnvironment,
  identityEnvironment,
  keyServiceEnvironment,
  recipientEnvironment,
} from "../../flags/environment.js";
import {
  addConfigOption,
  addFormatOptions,
  addKeyOptions,
  addLayoutOptions,
  addLossOption,
  addMacOptions,
  addRecoveryOptions,
  addRuleOptions,
  addShowMasterKeysOption,
} from "../../flags/options.js";
import type { CommandDefinition } from "../../program/definition.js";
import { readFileCommand } from "../../program/file-task.js";

export const editDefinition: CommandDefinition = {
  syntax: "edit [file...]",
  usage: "[options] file",
  summary: "edit an encrypted file in your editor; also `isosops file`",
  description:
    "Decrypt a file, open it in your editor, and encrypt what was saved. A file that does not exist is created, from an example. `isosops file` does the same.",
  examples: ["isosops edit secret.yaml", "isosops secret.yaml", `SOPS_EDITOR="code --wait" isosops edit secret.yaml`],
  environment: [editorEnvironment, recipientEnvironment, identityEnvironment, keyServiceEnvironment, configEnvironment],
  remarks: `If nothing was changed, the exit code is 200. If what was saved is not valid, the editor opens
again. The editor must not return before the file is closed: give \`code\` its flag --wait.

The plain text is in a folder that only you may enter, in memory where there is such a file system
($XDG_RUNTIME_DIR, /dev/shm), which is removed at the end, also if the command is killed.

Recipients and rules are for a new file. One that exists keeps its own; values that did not change
keep their ciphertexts.`,
  addFlags(command) {
    addShowMasterKeysOption(command);
    addKeyOptions(command);
    addRecoveryOptions(command);
    addRuleOptions(command);
    addMacOptions(command, { encrypt: true, decrypt: true });
    command.optionsGroup("Files and formats:");
    addFormatOptions(command);
    addConfigOption(command);
    addLayoutOptions(command);
    addLossOption(command);
  },
  task: (given) => readFileCommand("edit", given),
};
