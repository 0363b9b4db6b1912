import { addRepeatable } from "../../../flags/repeatable.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { oneInput } from "../one-input.js";

export interface AgeEncryptOptions {
  recipient?: string[];
  recipientsFile?: string[];
  identity?: string[];
  plugin?: string[];
  passphrase?: boolean;
  armor?: boolean;
  output?: string;
}

export const ageEncryptDefinition: CommandDefinition = {
  syntax: "encrypt [input...]",
  usage: "[options] [input]",
  summary: "encrypt a file of any size",
  description: "Encrypt a file, or stdin, of any size for age recipients or with a passphrase, as `age` does.",
  examples: [
    "isosops age encrypt -r age1... -o backup.tar.age backup.tar",
    "isosops age encrypt -R ~/.ssh/id_ed25519.pub -a < note.txt > note.txt.age",
    "isosops age encrypt -p -o note.txt.age note.txt",
  ],
  addFlags(command) {
    command.optionsGroup("Who can decrypt:");
    addRepeatable(command, "-r, --recipient <recipient>", "age1..., ssh-ed25519 AAAA..., ssh-rsa AAAA...");
    addRepeatable(command, "-R, --recipients-file <file>", "the recipients in this file, one per line; - is stdin");
    addRepeatable(command, "-i, --identity <file>", "the recipients of this identity file; - is stdin");
    addRepeatable(command, "-j, --plugin <name>", "the plugin age-plugin-NAME, which needs no data");
    command.option("-p, --passphrase", "a passphrase, which is asked for");
    command
      .optionsGroup("Files:")
      .option("-o, --output <file>", "write the result to this file; - is stdout, even if it is a terminal")
      .option("-a, --armor", "write text (PEM) instead of bytes");
  },
  task: (given) => ({
    operation: "age encrypt",
    async run() {
      const { ageEncrypt } = await import("./run.js");
      await ageEncrypt(oneInput(given), given.options);
    },
  }),
};
