import type { CommandDefinition } from "../../../program/definition.js";
import { oneInput } from "../one-input.js";

export interface AgeKeygenOptions {
  pq?: boolean;
  y?: boolean;
  output?: string;
}

export const ageKeygenDefinition: CommandDefinition = {
  syntax: "keygen [input...]",
  usage: "[options] [input]",
  summary: "make a key pair, or show a key's recipient",
  description: "Generate an age key pair, as `age-keygen` does, or with -y show the recipients of an identity file.",
  examples: ["isosops age keygen -o key.txt", "isosops age keygen -pq -o key.txt", "isosops age keygen -y key.txt"],
  addFlags(command) {
    command
      .optionsGroup("Keys:")
      // age-keygen spells it `-pq`, which works too.
      .option("--pq", "a post-quantum key, for files that must stay secret for decades; also -pq")
      .option("-y", "show the recipients of the identity file (or stdin) instead")
      .optionsGroup("Files:")
      .option("-o, --output <file>", "write to this file, which must not exist");
  },
  task: (given) => ({
    operation: "age keygen",
    async run() {
      const { ageKeygen } = await import("./run.js");
      await ageKeygen(oneInput(given), given.options);
    },
  }),
};
