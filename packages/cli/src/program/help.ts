import type { Command } from "commander";
import { generalEnvironment } from "../flags/environment.js";
import { type CommandDefinition, nameOf } from "./definition.js";
import { exitCodeMeanings } from "./exit-codes.js";

const width = 100;

/** Set the help of the program: an overview of two screens. */
export function addOverview(program: Command, definitions: readonly CommandDefinition[]): void {
  addLook(program);
  program.helpCommand(false);
  program.helpInformation = () => overview(definitions);
}

/** The overview, which also answers a command line without words. */
export function overview(definitions: readonly CommandDefinition[]): string {
  return `Usage: isosops COMMAND [options] [arguments]
       isosops [options] file

Encrypt the values of YAML, JSON, ENV and INI files, or whole files of any kind, and decrypt them,
as sops does. Without a command, a file is edited; sops's older form (-e, -d, -r) works as well.

Commands:
${definitions.map(commandLine).join("\n")}

To begin with:
  isosops age keygen -o keys.txt                        make a key, and show its public key
  isosops encrypt --age age1... -i secret.yaml          encrypt all values of a file
  isosops encrypt --age age1... --select password -i secret.yaml
                                                        only the values under this name
  SOPS_AGE_KEY_FILE=keys.txt isosops decrypt secret.yaml

More:
  isosops COMMAND --help                                flags, variables and examples of a command
  isosops help all                                      all of them, and the exit codes
  -v, --version                                         print the version
  -h, --help                                            show this text
`;
}

/** Set the help of the program that covers all commands. */
export function addWholeHelp(program: Command, definitions: readonly CommandDefinition[]): void {
  addLook(program);
  program.helpCommand(false);
  program.description(
    `Encrypt the values of YAML, JSON, ENV and INI files, or whole files of any kind, and decrypt them, as sops does.

Commands:
${definitions.map(commandLine).join("\n")}

\`isosops COMMAND --help\` shows only what concerns one. Without a file, encrypt and decrypt read stdin.`,
  );
  program.usage(definitions.map((definition) => `${nameOf(definition)} ${definition.usage}`).join("\n       isosops "));
  program.addHelpText("after", () =>
    [
      examples(definitions.flatMap((definition) => definition.examples)),
      environment(definitions),
      exitCodeTable(),
    ].join("\n"),
  );
}

/** Set the help of one command. */
export function addHelp(command: Command, definition: CommandDefinition): void {
  addLook(command);
  command.description(definition.description);
  command.usage(definition.usage);
  const { commands = [] } = definition;
  if (commands.length > 0) command.addHelpText("after", `\nCommands:\n${commands.map(commandLine).join("\n")}`);
  const parts = [examples(definition.examples), environment([definition])];
  if (definition.remarks !== undefined) parts.push(`\n${definition.remarks}`);
  command.addHelpText("after", parts.join("\n"));
}

function addLook(command: Command): void {
  command.configureHelp({
    helpWidth: width,
    showGlobalOptions: false,
    visibleArguments: () => [],
    visibleCommands: () => [],
    // Without choices and default, which are part of the descriptions.
    optionDescription: (option) => option.description,
  });
  command.addHelpOption(command.createOption("-h, --help", "show this text").helpGroup("More:"));
}

function commandLine({ syntax, usage, summary }: CommandDefinition): string {
  const call = `${syntax.split(" ", 1)[0]} ${usage.replace("[options]", "").trim()}`;
  return `  ${call.padEnd(36)} ${summary}`;
}

function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

function environment(definitions: readonly CommandDefinition[]): string {
  const texts = new Set(definitions.flatMap((definition) => definition.environment ?? []));
  return `\nEnvironment:${[...texts].join("")}${generalEnvironment}`;
}

function exitCodeTable(): string {
  const rows = exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `\nExit codes (those of sops, and 10 to 15):\n${rows.join("\n")}`;
}
