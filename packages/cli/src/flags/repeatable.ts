import type { Command } from "commander";

/** For a flag that may be given more than once. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** Add a flag that may be given more than once. Its value is the list of all values given. */
export function addRepeatable(command: Command, flags: string, description: string): void {
  command.option(flags, description, collect);
}
