import { configEnvironment, identityEnvironment, keyServiceEnvironment } from "../../flags/environment.js";
import {
  addChangeOptions,
  addFileOptions,
  addKmsOptions,
  addLossOption,
  addMacOptions,
  addRecoveryOptions,
  addThresholdOption,
} from "../../flags/options.js";
import type { CommandDefinition } from "../../program/definition.js";
import { readFileCommand } from "../../program/file-task.js";

export const rotateDefinition: CommandDefinition = {
  syntax: "rotate [file...]",
  usage: "[options] file",
  summary: "encrypt all values with a new data key; add, remove keys",
  description:
    "Encrypt all values of a file again with a new data key, which is wrapped for the keys of the file: those that are removed may know the old one. The author's formatting is kept.",
  examples: [
    "isosops rotate -i secret.yaml",
    "isosops rotate -i --add-age age1... --rm-pgp FINGERPRINT secret.yaml",
    "isosops rotate -i --rm-kms arn:aws:kms:... --add-kms arn:aws:kms:... secret.yaml",
  ],
  environment: [identityEnvironment, keyServiceEnvironment, configEnvironment],
  remarks: `Added keys join the first key group, and keys are removed from all. --rm-kms with an ARN alone removes it
with whatever encryption context it has. A key of the file that its rule in .sops.yaml does not name
gets the new data key, too, with a warning: anyone who can write to a file can insert one.

Values that a reader has seen stay known: change them as well if it is to lose access.`,
  addFlags(command) {
    addChangeOptions(command);
    addKmsOptions(command);
    addThresholdOption(command, "how many key groups are needed to decrypt from now on");
    addRecoveryOptions(command);
    addMacOptions(command, { decrypt: true });
    addFileOptions(command);
    addLossOption(command);
  },
  task: (given) => readFileCommand("rotate", given),
};
