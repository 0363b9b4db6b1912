import {
  type AttributesPlan,
  driverSettings,
  findHook,
  isOnPath,
  plainFiles,
  planAttributes,
  uncovered,
  usesFilter,
  writeAttributes,
  writeHook,
  writeSettings,
} from "@isosops/git/internal/install/setup";
import { relativeToHere, resolve } from "@isosops/node/internal/file-system/paths";
import { warn } from "../../../terminal/messages.js";
import { printable } from "../../../terminal/printable.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { topFolder, withGit } from "../repository.js";
import type { InstallFlags } from "./flags.js";

/** `isosops git install`. */
export async function installCommand(flags: InstallFlags): Promise<void> {
  const { command = "isosops" } = flags;
  const lines = await withGit(() =>
    flags.global === true ? installDrivers(command) : installHere(topFolder(), command, flags),
  );
  if (!isOnPath(command))
    warn(`${command} is not found on PATH, where Git looks for it. --command tells how to run it.`);
  await writeStdout(lines.map((line) => `${printable(line)}\n`).join(""));
}

async function installDrivers(command: string): Promise<string[]> {
  const written = await writeSettings(resolve("."), "--global", driverSettings(command, false));
  return [
    written.length === 0 ? "Drivers: nothing to do." : "Drivers: written to the configuration of the user.",
    "`isosops git install` in a repository names the files that they are for.",
  ];
}

async function installHere(
  top: string,
  command: string,
  { pattern = [], hook, filter }: InstallFlags,
): Promise<string[]> {
  const plans = await planAttributes(top, pattern, filter);
  const lines: string[] = [];
  const filters = plans.some(({ after }) => usesFilter(after));
  const settings = await writeSettings(top, "--local", driverSettings(command, filters));
  lines.push(
    settings.length === 0 ? "Drivers: nothing to do." : "Drivers: written to the configuration of this repository.",
  );
  const written = writeAttributes(plans);
  for (const path of written) lines.push(`${relativeToHere(path)}: written; commit it.`);
  if (written.length === 0) lines.push(".gitattributes: nothing to do.");
  if (hook !== false) lines.push(await installHook(top, command));
  for (const plan of plans) lines.push(...inexactLines(plan));
  if (filter === false && (await plainFiles(top)).length > 0) {
    lines.push(
      "Files are still in plain text in the work tree. Commit .gitattributes alone, and write them as Git has them (changes that are not committed are lost): `git rm --cached -r -q . && git reset --hard`.",
    );
  }
  if (filter === true) {
    lines.push(
      "Files that are checked out from now on are in plain text in the work tree. All at once, with all of it committed: `git rm --cached -r -q . && git reset --hard`.",
    );
  }
  for (const name of await uncovered(top)) lines.push(`Encrypted, and not among them: ${name}`);
  return lines;
}

async function installHook(top: string, command: string): Promise<string> {
  const hook = await findHook(top);
  const path = relativeToHere(hook.path);
  if (hook.isManaged && hook.state !== "ours" && hook.state !== "changed") {
    return `Hook: Git takes its hooks from ${path}, which another tool may manage. Let it run \`${command} verify --staged\` before a commit.`;
  }
  const done = writeHook(hook, command);
  if (done === "nothing") return "Hook: nothing to do.";
  if (done === "changed") return `Hook: ${path} has other lines, too, and stays as it is.`;
  if (done === "blocked") {
    return `Hook: ${path} is not ours, and the one before it is still there. Let it run \`${command} verify --staged\`.`;
  }
  return hook.state === "other"
    ? `Hook: ${path} is written, and runs the one that was there first.`
    : `Hook: ${path} is written.`;
}

function inexactLines({ inexact }: AttributesPlan): string[] {
  return inexact.map(({ config, line, regex }) =>
    regex === undefined
      ? `${config}, line ${line}: the rule is for every file. Name those that are encrypted: \`isosops git install --pattern '*.enc.yaml'\`.`
      : `${config}, line ${line}: .gitattributes cannot express path_regex ${regex}. Name its files: \`isosops git install --pattern PATTERN\`.`,
  );
}
