import {
  configEnvironment,
  identityEnvironment,
  keyServiceEnvironment,
  recipientEnvironment,
} from "../../flags/environment.js";
import {
  addFileOptions,
  addKeyOptions,
  addKeyServiceOptions,
  addLossOption,
  addMacOptions,
  addRuleOptions,
  addSelectOptions,
  addVerboseOption,
} from "../../flags/options.js";
import type { CommandDefinition } from "../../program/definition.js";
import { readFileCommand } from "../../program/file-task.js";

export const encryptDefinition: CommandDefinition = {
  syntax: "encrypt [file...]",
  usage: "[options] [file]",
  summary: "encrypt the values of a file to stdout",
  description: "Encrypt the values of a YAML, JSON, ENV or INI file, or a whole file. Reads stdin if no file is given.",
  examples: [
    "isosops encrypt --age age1... secret.yaml > secret.enc.yaml",
    "isosops encrypt --age age1... --select password --select auth.token -i secret.yaml",
    "isosops encrypt --age age1...,age1... --encrypted-regex '^(data|stringData)$' -i secret.yaml",
    "isosops encrypt --organisation -i secret.yaml",
    "kubectl get secret db -o yaml | isosops encrypt --age age1... --filename-override db.yaml",
  ],
  environment: [recipientEnvironment, identityEnvironment, keyServiceEnvironment, configEnvironment],
  addFlags(command) {
    addKeyOptions(command);
    addKeyServiceOptions(command);
    addVerboseOption(command);
    addSelectOptions(command);
    addRuleOptions(command);
    addMacOptions(command, { encrypt: true });
    addFileOptions(command);
    addLossOption(command);
  },
  task: (given) => readFileCommand("encrypt", given),
};
