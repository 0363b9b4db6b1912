import type { CommandDefinition } from "../../../program/definition.js";
import { oneInput } from "../one-input.js";

export interface AgeInspectOptions {
  json?: boolean;
}

export const ageInspectDefinition: CommandDefinition = {
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
      const { ageInspect } = await import("./run.js");
      await ageInspect(oneInput(given), given.options);
    },
  }),
};
