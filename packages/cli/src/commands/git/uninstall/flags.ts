import type { CommandDefinition } from "../../../program/definition.js";

export interface UninstallFlags {
  global?: boolean;
}

export const gitUninstallDefinition: CommandDefinition = {
  syntax: "uninstall",
  usage: "[options]",
  summary: "remove what install has written",
  description:
    "Remove the drivers, the lines in .gitattributes and the hook that `isosops git install` has written. A hook that was there before is put back.",
  examples: ["isosops git uninstall"],
  addFlags(command) {
    command.option("--global", "only the drivers, from the configuration of the user");
  },
  task({ options }) {
    return {
      operation: "git",
      run: async () => (await import("./run.js")).uninstallCommand(options as UninstallFlags),
    };
  },
};
