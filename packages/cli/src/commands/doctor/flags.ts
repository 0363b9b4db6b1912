import { identityEnvironment, keyringEnvironment } from "../../flags/environment.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

export interface DoctorFlags {
  file?: string;
  json?: boolean;
}

export const doctorDefinition: CommandDefinition = {
  syntax: "doctor [paths...]",
  usage: "[options] [paths...]",
  summary: "find out why something is not encrypted, or not decrypted",
  description:
    "Look for the usual causes of trouble and say what to do about each: a key name that differs in case or is in no list, encryption or decryption that is disabled, a file for a key that was rotated away or for another organisation, a cluster without the key, a keyring that is locked, a private key in plain text. Nothing is changed, and nobody is asked for anything.",
  examples: ["isosops doctor", "isosops doctor -f clusters/one/cluster.yaml", "isosops doctor --json secrets/"],
  environment: [keyringEnvironment, identityEnvironment],
  remarks: `Without paths, the folder of the cluster file is looked at, or where there is none, this one; what
.gitignore ignores is left out. Files that a private key at hand opens are decrypted as a test. The
keyring is opened where ISOSOPS_PASSPHRASE is set, or its identity is found. Exit code ${exitCodes.findings} says
that there are errors.`,
  addFlags(command) {
    command
      .optionsGroup("Output:")
      .option("--json", "all that was looked at, as JSON")
      .optionsGroup("Files:")
      .option("-f, --file <file>", "the cluster file; cluster.yaml of this folder when neither it nor paths are given");
  },
  task: (given) => ({
    operation: "doctor",
    async run() {
      const { doctorCommand } = await import("./run.js");
      await doctorCommand(given.args, given.options as DoctorFlags);
    },
  }),
};
