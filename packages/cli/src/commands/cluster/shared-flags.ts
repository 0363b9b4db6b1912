/** Flags that several subcommands of `isosops cluster` share. */
import type { Command } from "commander";
import { CommandError } from "../../program/command-error.js";
import type { Given } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

export interface ClusterFlags {
  file: string;
}

/** Identifies one manifest or addon. */
export interface ClusterItemFlags extends ClusterFlags {
  kind: "manifest" | "addon";
  name: string;
  stack?: string;
  ignoreMac?: boolean;
}

export type ItemKind = ClusterItemFlags["kind"];

export const itemNouns: Readonly<Record<ItemKind, string>> = {
  manifest: "a manifest",
  addon: "the Helm values of an addon",
};

export function addFileFlag(command: Command): void {
  command.option("-f, --file <file>", "the cluster file; cluster.yaml when left out", "cluster.yaml");
}

export function addItemFlags(command: Command, kind: ItemKind): void {
  command.optionsGroup("Files:");
  addFileFlag(command);
  command.option("--name <name>", `the ${kind}'s name, instead of the argument`);
  command.option(
    "--stack <name>",
    `the stack, where several have ${kind === "addon" ? "an" : "a"} ${kind} of that name`,
  );
}

export function addDryRun(command: Command): void {
  command.option("--dry-run", "write nothing, and print what would be done");
}

export function addWriteFlags(command: Command): void {
  addDryRun(command);
  command.option(
    "--accept-added",
    "encrypt values that were added to an encrypted file by hand, without asking on the terminal",
  );
  command.option("--ignore-mac", "accept an encrypted file that was changed by hand, and give it a valid MAC");
}

/** For output that contains the organisation's private key. */
export function addKeyOutputFlag(command: Command): void {
  command.option("-o, --output <file>", "write to this file, the key encrypted for the organisation");
}

export function oneName({ args, options }: Given, kind: ItemKind): string {
  const { name } = options as { name?: string };
  const names = name === undefined ? args : [name, ...args];
  if (names.length > 1) throw tooMany(names, kind);
  if (names[0]) return names[0];
  throw new CommandError(exitCodes.generic, `Give the name of the ${kind}, as the cluster file has it.`);
}

export function tooMany(names: readonly string[], kind: string): CommandError {
  return new CommandError(exitCodes.generic, `Give one ${kind} at a time: ${names.join(", ")} are ${names.length}.`);
}

export function sayWhat(command: string, what: string): CommandError {
  return new CommandError(
    exitCodes.generic,
    `Say what to do: \`isosops cluster ${command}\` with ${what}. \`isosops cluster ${command} --help\` tells more.`,
  );
}
