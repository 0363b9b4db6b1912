import type { Command } from "commander";

/** What to run. */
export interface Task {
  /** The command's name; some exit codes depend on it. */
  readonly operation: string;
  run(): Promise<void>;
}

/** The parsed command line. */
export interface Given {
  /** Positional arguments. */
  readonly args: readonly string[];
  /** The command's own flags, as its `addFlags` has them. */
  readonly options: object;
  /** Flags before the command's name. */
  readonly general: object;
  /** How many of `args` follow `--`; undefined without it. */
  readonly afterDashes: number | undefined;
}

/**
 * A command's syntax and help, loaded at every start. Its `task` imports `run.ts`, and with it the engine, when it
 * runs.
 */
export interface CommandDefinition {
  /** Name and arguments in commander's syntax: `encrypt [file...]`. */
  readonly syntax: string;
  /** Arguments as the help shows them after the name: `[options] [file]`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Text at the top of the command's help. */
  readonly description: string;
  /** Example command lines. */
  readonly examples: readonly string[];
  /** Texts of `flags/environment.ts`. */
  readonly environment?: readonly string[];
  /** Text at the end of the command's help. */
  readonly remarks?: string;
  /** Whether flags may follow arguments that look like flags, such as negative numbers: see `GoCommand`. */
  readonly hasFlagsBehindArguments?: boolean;
  addFlags(command: Command): void;
  /** Throws `CommandError` if arguments or flags are missing or conflict. */
  task(given: Given): Task;
  /** Subcommands. `task` is called if none is given. */
  readonly commands?: readonly CommandDefinition[];
}

/** `encrypt` of `encrypt [file...]`. */
export function nameOf({ syntax }: CommandDefinition): string {
  return syntax.split(" ", 1)[0]!;
}
