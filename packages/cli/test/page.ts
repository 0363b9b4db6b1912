/** Pages of docs/ as a reader follows them: files written as they stand there, commands run in their order. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { blocksOf } from "../../../docs/blocks.js";
import { run } from "./support.js";

/** Commands, each with what the page shows of its output. */
function commandsOf(text: string): { command: string; shown: string }[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command, ...shown] = part.split("\n");
      return { command: command!, shown: shown.join("\n") };
    });
}

/** `...` stands for any text, alone on its line for any lines. */
function patternOf(shown: string): RegExp {
  const quoted = shown.replace(/[\\^$*+?()[\]{}|.]/g, "\\$&");
  const source = quoted.replace(/^\\\.\\\.\\\.\n/gm, "(?:.*\n)*").replaceAll("\\.\\.\\.", ".*");
  // A value is printed without a line end.
  return new RegExp(`^${source.replace(/\n$/, "\n?")}$`);
}

/** Carries out a page, whose commands fail where it shows an error, or findings that are errors. Returns the number of commands. */
export async function follow(
  page: string,
  { cwd, env }: { cwd: string; env: Record<string, string> },
): Promise<number> {
  let exports = "";
  let commands = 0;
  for (const { language, file, text } of blocksOf(page)) {
    if (file !== undefined) {
      mkdirSync(dirname(join(cwd, file)), { recursive: true });
      writeFileSync(join(cwd, file), text);
    }
    if (language !== "console") continue;
    for (const { command, shown } of commandsOf(text)) {
      if (command.startsWith("export ")) exports += `${command}\n`;
      const { stdout, stderr, exit } = await run("sh", ["-c", `${exports}${command}`], { cwd, env });
      expect({ command, exit: exit === 0 }, stderr).toEqual({ command, exit: !/^(error: |\d+ errors? )/m.test(shown) });
      const [pattern, orders] = [patternOf(shown), [stdout + stderr, stderr + stdout]];
      expect(orders.find((text) => pattern.test(text)) ?? orders[0], command).toMatch(pattern);
      commands++;
    }
  }
  return commands;
}
