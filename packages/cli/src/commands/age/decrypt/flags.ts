import { addRepeatable } from "../../../flags/repeatable.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { oneInput } from "../one-input.js";

export interface AgeDecryptOptions {
  identity?: string[];
  plugin?: string[];
  output?: string;
}

export const ageDecryptDefinition: CommandDefinition = {
  syntax: "decrypt [input...]",
  usage: "[options] [input]",
  summary: "decrypt an age file",
  description:
    "Decrypt an age file, or stdin, of any size, armored or not, as `age --decrypt` does. Without an identity, asks for the passphrase.",
  examples: [
    "isosops age decrypt -i key.txt -o backup.tar backup.tar.age",
    "isosops age decrypt -i ~/.ssh/id_ed25519 note.txt.age",
  ],
  addFlags(command) {
    command.optionsGroup("Keys:");
    addRepeatable(command, "-i, --identity <file>", "identity file, encrypted or not, or SSH key; - is stdin");
    addRepeatable(command, "-j, --plugin <name>", "the plugin age-plugin-NAME, which needs no data");
    command
      .optionsGroup("Files:")
      .option("-o, --output <file>", "write the result to this file; - is stdout, even if it is a terminal");
  },
  task: (given) => ({
    operation: "age decrypt",
    async run() {
      const { ageDecrypt } = await import("./run.js");
      await ageDecrypt(oneInput(given), given.options);
    },
  }),
};
