import type { Command } from "commander";

/** What the command line asks for. */
export interface Task {
  /** The command's name; some exit codes depend on it. */
  readonly operation: string;
  run(): Promise<void>;
}

/** What stood on the command line. */
export interface Given {
  /** All that is no flag, in order. */
  readonly args: readonly string[];
  /** The command's own flags, as its `addFlags` has them. */
  readonly options: object;
  /** Flags before the command's name. */
  readonly general: object;
}

/**
 * A command as the command line and the help see it. Its flags are told here, and loaded at every start; what it does
 * is for a module of `commands/` that `task` imports when it runs, since it brings the engine with it.
 */
export interface CommandDefinition {
  /** Name and arguments as commander takes them: `encrypt [file...]`. */
  readonly syntax: string;
  /** The arguments as the help shows them, behind the name: `[options] [file]`. */
  readonly usage: string;
  /** A few words, for the list of commands. */
  readonly summary: string;
  /** Sentences, for the command's own help. */
  readonly description: string;
  /** Command lines. */
  readonly examples: readonly string[];
  /** Texts of `flags/environment.ts`. */
  readonly environment?: readonly string[];
  /** For the command's own help, behind all else. */
  readonly remarks?: string;
  addFlags(command: Command): void;
  /** Throws `CommandError` where what was given does not fit together. */
  task(given: Given): Task;
  /** Commands behind this one's name; `task` is then for the name alone. */
  readonly commands?: readonly CommandDefinition[];
}

/** `encrypt` of `encrypt [file...]`. */
export function nameOf({ syntax }: CommandDefinition): string {
  return syntax.split(" ", 1)[0]!;
}
