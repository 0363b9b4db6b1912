import type { Command } from "commander";
import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition, Given } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

export interface AgeEncryptOptions {
  recipient?: string[];
  recipientsFile?: string[];
  identity?: string[];
  plugin?: string[];
  passphrase?: boolean;
  armor?: boolean;
  output?: string;
}

export interface AgeDecryptOptions {
  identity?: string[];
  plugin?: string[];
  output?: string;
}

export interface AgeKeygenOptions {
  pq?: boolean;
  y?: boolean;
  output?: string;
}

export interface AgeInspectOptions {
  json?: boolean;
}

const encryptDefinition: CommandDefinition = {
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
    addList(command, "-r, --recipient <recipient>", "age1..., ssh-ed25519 AAAA..., ssh-rsa AAAA...");
    addList(command, "-R, --recipients-file <file>", "the recipients in this file, one a line; - is stdin");
    addList(command, "-i, --identity <file>", "whoever has this identity file; - is stdin");
    addList(command, "-j, --plugin <name>", "the plugin age-plugin-NAME, which needs no data");
    command.option("-p, --passphrase", "whoever knows a passphrase, which is asked for");
    command
      .optionsGroup("Files:")
      .option("-o, --output <file>", "write the result to this file; - is stdout, also to a terminal")
      .option("-a, --armor", "write text (PEM) instead of bytes");
  },
  task: (given) => ({
    operation: "age encrypt",
    async run() {
      const { ageEncrypt } = await import("./encrypt/run.js");
      await ageEncrypt(oneInput(given), given.options);
    },
  }),
};

const decryptDefinition: CommandDefinition = {
  syntax: "decrypt [input...]",
  usage: "[options] [input]",
  summary: "decrypt an age file",
  description:
    "Decrypt an age file, or stdin, of any size, armored or not, as `age --decrypt` does. Without an identity the passphrase is asked for.",
  examples: [
    "isosops age decrypt -i key.txt -o backup.tar backup.tar.age",
    "isosops age decrypt -i ~/.ssh/id_ed25519 note.txt.age",
  ],
  addFlags(command) {
    command.optionsGroup("Keys:");
    addList(command, "-i, --identity <file>", "identity file, encrypted or not, or SSH key; - is stdin");
    addList(command, "-j, --plugin <name>", "the plugin age-plugin-NAME, which needs no data");
    command
      .optionsGroup("Files:")
      .option("-o, --output <file>", "write the result to this file; - is stdout, also to a terminal");
  },
  task: (given) => ({
    operation: "age decrypt",
    async run() {
      const { ageDecrypt } = await import("./decrypt/run.js");
      await ageDecrypt(oneInput(given), given.options);
    },
  }),
};

const keygenDefinition: CommandDefinition = {
  syntax: "keygen [input...]",
  usage: "[options] [input]",
  summary: "make a key pair, or show a key's recipient",
  description: "Make a key pair of age, as `age-keygen` does, or with -y show the recipients of an identity file.",
  examples: ["isosops age keygen -o key.txt", "isosops age keygen -pq -o key.txt", "isosops age keygen -y key.txt"],
  addFlags(command) {
    command
      .optionsGroup("Keys:")
      // Written -pq by age-keygen, which is taken too.
      .option("--pq", "a post-quantum key, for files that are to stay secret for decades; also -pq")
      .option("-y", "show the recipients of the identity file (or stdin) instead")
      .optionsGroup("Files:")
      .option("-o, --output <file>", "write to this file, which must not be there yet");
  },
  task: (given) => ({
    operation: "age keygen",
    async run() {
      const { ageKeygen } = await import("./keygen/run.js");
      await ageKeygen(oneInput(given), given.options);
    },
  }),
};

const inspectDefinition: CommandDefinition = {
  syntax: "inspect [input...]",
  usage: "[options] [input]",
  summary: "tell what an age file shows without a key",
  description: "Show the kinds of recipient of an age file and its sizes, as `age-inspect` does. Needs no key.",
  examples: ["isosops age inspect backup.tar.age", "isosops age inspect --json < backup.tar.age"],
  addFlags(command) {
    command.optionsGroup("Output:").option("--json", "JSON, as age-inspect has it");
  },
  task: (given) => ({
    operation: "age inspect",
    async run() {
      const { ageInspect } = await import("./inspect/run.js");
      await ageInspect(oneInput(given), given.options);
    },
  }),
};

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
  commands: [encryptDefinition, decryptDefinition, keygenDefinition, inspectDefinition],
};

function addList(command: Command, flags: string, description: string): void {
  command.option(flags, description, (value: string, before: string[] = []) => [...before, value]);
}

/** The file to read; undefined for stdin. */
function oneInput({ args }: Given): string | undefined {
  if (args.length > 1) {
    throw new CommandError(exitCodes.generic, `Give one input file at a time: ${args.join(", ")} are ${args.length}.`);
  }
  return args[0] === "-" ? undefined : args[0];
}
