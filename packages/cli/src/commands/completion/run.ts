import { Command, type Option } from "commander";
import { formatNames } from "../../files/formats.js";
import { calledName } from "../../program/called-as-sops.js";
import type { CommandDefinition } from "../../program/definition.js";
import { addOlderForm } from "../../program/older-form.js";
import { writeStdout } from "../../terminal/stdout.js";
import { type Shell, shells } from "./flags.js";
import { reportWords, type Word } from "./report.js";
import { scripts } from "./scripts.js";

/** `isosops completion`, for the name that the command was called by: a link may be called `sops`. */
export async function completionCommand(shell: Shell): Promise<void> {
  const name = calledName();
  await writeStdout(scripts[shell](/^[\w-]+$/.test(name) ? name : "isosops"));
}

/** Print what the last of the words can be. Nothing is printed for a file name. */
export async function complete(words: readonly string[], definitions: readonly CommandDefinition[]): Promise<void> {
  const given = words.at(-1) ?? "";
  // Windows PowerShell passes no empty argument.
  const last = given === '""' ? "" : given;
  const { command, flag, hasArgument } = follow(words.slice(0, -1), programOf(definitions));
  const found = flag !== undefined ? valuesOf(flag) : wordsOf(command, last.startsWith("-"), hasArgument);
  await reportWords(found.filter(({ word }) => word.startsWith(last)));
}

/** Answer a script of `sops completion`: words alone (github.com/urfave/cli). */
export async function completeForSops(
  words: readonly string[],
  definitions: readonly CommandDefinition[],
): Promise<void> {
  const last = words.at(-1) ?? "";
  const { command } = follow(words, programOf(definitions));
  const found = wordsOf(command, last.startsWith("-"), false);
  await reportWords(
    found.filter(({ word }) => !last.startsWith("-") || word.startsWith(last)).map(({ word }) => ({ word })),
  );
}

interface Place {
  readonly command: Command;
  /** The flag whose value comes next. */
  readonly flag: Option | undefined;
  /** Whether the command has got an argument. */
  readonly hasArgument: boolean;
}

function follow(words: readonly string[], program: Command): Place {
  let command: Command = program;
  let flag: Option | undefined;
  let hasArgument = false;
  for (const word of words) {
    if (flag !== undefined) {
      flag = undefined;
    } else if (word.startsWith("-")) {
      const known = command.options.find(({ long, short }) => word === long || word === short);
      flag = known?.required === true ? known : undefined;
    } else {
      const next: Command | undefined = hasArgument ? undefined : command.commands.find((one) => one.name() === word);
      // `help COMMAND` takes the same words as the program.
      if (next === undefined && word === "help" && command === program) continue;
      hasArgument = next === undefined;
      command = next ?? command;
    }
  }
  return { command, flag, hasArgument };
}

function valuesOf({ argChoices, long }: Option): Word[] {
  const values = argChoices ?? (/^--(?:in|out)put-type$/.test(long ?? "") ? formatNames : []);
  return values.map((word) => ({ word }));
}

function wordsOf(command: Command, isFlag: boolean, hasArgument: boolean): Word[] {
  if (isFlag) {
    const flags = command.options.filter(({ hidden }) => !hidden);
    return [...flags.map(({ long, description }) => ({ word: long!, description })), { word: "--help" }];
  }
  if (hasArgument) return [];
  if (command.name() === "completion") return shells.map((word) => ({ word }));
  return command.commands.map((one) => ({ word: one.name(), description: one.description() }));
}

/** All commands with their flags, which nothing else needs. */
function programOf(definitions: readonly CommandDefinition[]): Command {
  const program = new Command("isosops").enablePositionalOptions();
  addOlderForm(program);
  const add = (parent: Command, commands: readonly CommandDefinition[]): void => {
    for (const definition of commands) {
      const command = parent.command(definition.syntax).description(definition.summary);
      definition.addFlags(command);
      add(command, definition.commands ?? []);
    }
  };
  add(program, definitions);
  return program;
}
