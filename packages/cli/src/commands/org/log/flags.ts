import { keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { addJson, noArguments, orgTask } from "../shared-flags.js";

export const orgLogDefinition: CommandDefinition = {
  syntax: "log [nothing...]",
  usage: "[options]",
  summary: "show who did what with the organisation's keys",
  description: "Show when and by whom keys were made and destroyed, and encryption enabled and disabled.",
  examples: ["isosops org log", "isosops org log --json"],
  environment: [keyringEnvironment],
  addFlags: addJson,
  task: (given) =>
    orgTask("log", async () => {
      noArguments(given);
      const { orgLog } = await import("./run.js");
      await orgLog(given.options);
    }),
};
