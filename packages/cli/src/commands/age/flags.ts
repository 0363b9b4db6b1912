import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";
import { ageDecryptDefinition } from "./decrypt/flags.js";
import { ageEncryptDefinition } from "./encrypt/flags.js";
import { ageInspectDefinition } from "./inspect/flags.js";
import { ageKeygenDefinition } from "./keygen/flags.js";

export const ageDefinition: CommandDefinition = {
  syntax: "age",
  usage: "COMMAND ...",
  summary: "encrypt and decrypt age files, and make keys, without SOPS",
  description: "Encrypt and decrypt files of any size with age, and make keys for it, as `age` and `age-keygen` do.",
  examples: ["isosops age keygen -o key.txt", "isosops age decrypt -i key.txt backup.tar.age > backup.tar"],
  addFlags() {},
  task() {
    throw new CommandError(
      exitCodes.generic,
      "Say what to do: `isosops age encrypt`, `decrypt`, `keygen` or `inspect`. `isosops age --help` tells more.",
    );
  },
  commands: [ageEncryptDefinition, ageDecryptDefinition, ageKeygenDefinition, ageInspectDefinition],
};
