import { Option } from "commander";
import { collect } from "../../../flags/repeatable.js";
import { CommandError } from "../../../program/command-error.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { exitCodes } from "../../../program/exit-codes.js";

export interface InstallFlags {
  global?: boolean;
  pattern?: string[];
  hook?: boolean;
  filter?: boolean;
  command?: string;
}

export const gitInstallDefinition: CommandDefinition = {
  syntax: "install",
  usage: "[options]",
  summary: "set Git up for encrypted files: drivers and a hook",
  description:
    "Write the drivers that show and merge encrypted files into the configuration of Git, the files that they are for into .gitattributes (from the path rules of .sops.yaml), and a hook that checks what is staged before each commit. What is there already stays; a second run changes nothing.",
  examples: ["isosops git install", "isosops git install --pattern '*.enc.yaml'", "isosops git install --global"],
  addFlags(command) {
    command
      .option("--global", "only the drivers, into the configuration of the user, for all repositories")
      .option("--pattern <pattern>", "further files, as .gitattributes names them; repeatable", collect)
      .option("--filter", "plain text in the work tree, encrypted in Git; --no-filter ends it")
      .addOption(new Option("--no-filter").hideHelp())
      .option("--no-hook", "write no hook")
      .option("--command <command>", "how Git runs this program, if not as isosops");
  },
  task({ options }) {
    const flags = options as InstallFlags;
    if (flags.global === true && (flags.pattern !== undefined || flags.filter !== undefined)) {
      throw new CommandError(
        exitCodes.conflictingParameters,
        "--global writes no .gitattributes: give --pattern and --filter in the repository, without it.",
      );
    }
    return { operation: "git", run: async () => (await import("./run.js")).installCommand(flags) };
  },
};
