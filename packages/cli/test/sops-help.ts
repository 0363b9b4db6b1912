/** What a sops binary tells of itself: its commands, their flags, and the variables that it knows. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface SopsHelp {
  /** Names; of subcommands with their command: `groups add`. */
  readonly commands: readonly string[];
  /** By name, such as `--in-place` and `-i`: the commands that have the flag; "" stands before a command. */
  readonly flags: ReadonlyMap<string, ReadonlySet<string>>;
  readonly variables: ReadonlySet<string>;
}

export function readSopsHelp(path: string): SopsHelp {
  const flags = new Map<string, Set<string>>();
  const variables = new Set<string>();
  const commands: string[] = [];
  const read = (command: string): void => {
    const args = [...command.split(" ").filter(Boolean), "--help"];
    const text = execFileSync(path, ["--disable-version-check", ...args], { encoding: "utf8" });
    for (const [, names] of section(text, "(?:GLOBAL )?OPTIONS").matchAll(/^ {3}(-.*?)(?: {2,}|$)/gm)) {
      for (const [name] of names!.matchAll(/(?<!\S)--?[\w-]+/g))
        flags.set(name, (flags.get(name) ?? new Set()).add(command));
    }
    for (const [, name] of text.matchAll(/\[\$(\w+)\]/g)) variables.add(name!);
    for (const [, name] of section(text, "COMMANDS").matchAll(/^ {3}([a-z][\w-]*)/gm)) {
      const whole = `${command} ${name}`.trim();
      commands.push(whole);
      // `help` has neither; the help of `help` is that of all.
      if (name !== "help") read(whole);
    }
  };
  read("");
  // A string of Go has no end of its own: the next one in the binary may follow at once.
  const words = readFileSync(path, "latin1").match(/(?<![A-Z_])SOPS_[A-Z][A-Z_]*/g) ?? [];
  const found = words.flatMap((word) => word.split(/(?=SOPS_)/));
  for (const word of new Set(found)) variables.add(word);
  return { commands, flags, variables };
}

function section(text: string, title: string): string {
  return new RegExp(`^${title}:\\n([\\s\\S]*?)(?:\\n\\S|(?![\\s\\S]))`, "m").exec(text)?.[1] ?? "";
}
