import { configEnvironment, identityEnvironment, keyServiceEnvironment } from "../../flags/environment.js";
import { addExtractOption, addFileOptions, addMacOptions, addRecoveryOptions } from "../../flags/options.js";
import type { CommandDefinition } from "../../program/definition.js";
import { readFileCommand } from "../../program/file-task.js";

export const decryptDefinition: CommandDefinition = {
  syntax: "decrypt [file...]",
  usage: "[options] [file]",
  summary: "decrypt a file and check its MAC, to stdout",
  description: "Decrypt a SOPS file and check its MAC. Reads stdin if no file is given.",
  examples: [
    "isosops decrypt secret.enc.yaml",
    "isosops decrypt -i secret.yaml",
    "isosops decrypt --output-type json secret.enc.yaml | jq .password",
    `isosops decrypt --extract '["db"]["password"]' secret.yaml`,
    "curl https://example.com/secret.yaml | isosops decrypt --filename-override secret.yaml",
  ],
  environment: [identityEnvironment, keyServiceEnvironment, configEnvironment],
  addFlags(command) {
    addExtractOption(command);
    addRecoveryOptions(command);
    addMacOptions(command, { decrypt: true });
    addFileOptions(command);
  },
  task: (given) => readFileCommand("decrypt", given),
};
