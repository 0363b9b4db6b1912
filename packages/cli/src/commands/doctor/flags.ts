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
  summary: "find out why something is not encrypted or decrypted",
  description:
    "Look for the usual problems and suggest a fix for each: a key name that differs in case or is not listed, disabled encryption or decryption, a file for a former key or for another organisation, a cluster without the key, a locked keyring, a private key in plain text. Changes nothing, and prompts for nothing.",
  examples: ["isosops doctor", "isosops doctor -f clusters/one/cluster.yaml", "isosops doctor --json secrets/"],
  environment: [keyringEnvironment, identityEnvironment],
  remarks: `Without paths, the folder of the cluster file is checked, or this one if there is none. Ignored
files (.gitignore) are skipped. Files that an available private key opens are decrypted as a test.
The keyring is opened if ISOSOPS_PASSPHRASE is set, or its identity is found. Exit code
${exitCodes.findings} means errors.`,
  addFlags(command) {
    command
      .optionsGroup("Output:")
      .option("--json", "all results as JSON")
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
