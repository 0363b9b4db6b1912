import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition, Task } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

export const shells = ["bash", "zsh", "fish", "powershell"] as const;

export type Shell = (typeof shells)[number];

export const completionDefinition: CommandDefinition = {
  syntax: "completion [shell...]",
  usage: shells.join("|"),
  summary: "print a script for a shell to complete words",
  description: "Print a script with which a shell completes commands, flags and file names.",
  examples: [
    "source <(isosops completion bash)",
    "isosops completion fish > ~/.config/fish/completions/isosops.fish",
    "isosops completion powershell | Out-String | Invoke-Expression",
  ],
  addFlags() {},
  task({ args }) {
    const shell = shells.find((one) => one === args[0]);
    if (shell === undefined) {
      throw new CommandError(
        exitCodes.noHelp,
        `${args.length === 0 ? "No shell was given" : `There is no completion for ${args[0]}`}: give one of ${shells.join(", ")}.`,
      );
    }
    return {
      operation: "completion",
      run: async () => (await import("./run.js")).completionCommand(shell),
    };
  },
};

/**
 * The task of a shell that asks what a word can be: `complete -- WORDS`, as our scripts do, or `WORDS
 * --generate-bash-completion`, as those of sops. Undefined for any other command line.
 */
export function readCompletionRequest(
  argv: readonly string[],
  definitions: () => readonly CommandDefinition[],
): Task | undefined {
  const isOfSops = argv.at(-1) === "--generate-bash-completion";
  if (!isOfSops && (argv[0] !== "complete" || argv[1] !== "--")) return undefined;
  return {
    operation: "completion",
    async run() {
      const { complete, completeForSops } = await import("./run.js");
      if (isOfSops) await completeForSops(argv.slice(0, -1), definitions());
      else await complete(argv.slice(2), definitions());
    },
  };
}
