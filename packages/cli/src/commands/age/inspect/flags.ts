import type { CommandDefinition } from "../../../program/definition.js";
import { oneInput } from "../one-input.js";

export interface AgeInspectOptions {
  json?: boolean;
}

export const ageInspectDefinition: CommandDefinition = {
  syntax: "inspect [input...]",
  usage: "[options] [input]",
  summary: "show what an age file reveals without a key",
  description: "Show the recipient types and sizes of an age file, as `age-inspect` does. Needs no key.",
  examples: ["isosops age inspect backup.tar.age", "isosops age inspect --json < backup.tar.age"],
  addFlags(command) {
    command.optionsGroup("Output:").option("--json", "JSON in the format of age-inspect");
  },
  task: (given) => ({
    operation: "age inspect",
    async run() {
      const { ageInspect } = await import("./run.js");
      await ageInspect(oneInput(given), given.options);
    },
  }),
};
