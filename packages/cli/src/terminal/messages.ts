import { isRemovedFolder } from "@isosops/node/internal/file-system/paths";
import { errorCode } from "@isosops/node/internal/system-error";
import type { Warning } from "isosops";
import { CommandError, type SopsWords } from "../program/command-error.js";
import { isGitopsError, sopsErrorCode } from "../program/exit-codes.js";
import { colorsFor } from "./colors.js";
import { printable, printableLines } from "./printable.js";

/** Print an error on stderr, after the words of sops if there are any. */
export function report(error: unknown, sopsWords?: SopsWords): void {
  const colors = colorsFor(stderr());
  if (sopsWords !== undefined) say(sopsWords.text.split("\n").map(printable).join("\n"));
  if (sopsWords?.alone !== true) say(`${colors.red(colors.bold("error:"))} ${printableLines(describe(error))}`);
  if (debugging()) say(colors.dim(printableLines(showStack(error))));
}

/** Print a warning on stderr. */
export function warn(message: string): void {
  const colors = colorsFor(stderr());
  say(`${colors.yellow(colors.bold("warning:"))} ${printableLines(message)}`);
}

/** Print the engine's warnings about a file, each with the file's name and line. */
export function warnOf(name: string, warnings: readonly Warning[]): void {
  for (const { message, line } of warnings) warn(`${name}${line === undefined ? "" : `, line ${line}`}: ${message}`);
}

function describe(error: unknown): string {
  if (error instanceof CommandError || isGitopsError(error)) return error.message;
  if (sopsErrorCode(error) !== undefined) return (error as Error).message;
  const notLoaded = describeNotLoaded(error);
  if (notLoaded !== undefined) return `${notLoaded} Run the command again.`;
  if (isRemovedFolder(error)) return "The working folder was removed. Change to another one, or give absolute paths.";
  // The message of an unexpected error may quote the file's content.
  const name = error instanceof Error ? error.name : typeof error;
  return debugging()
    ? `unexpected ${name}`
    : `unexpected ${name}: this is a mistake in isosops, please report it. ISOSOPS_DEBUG=1 shows where it happened, and may show parts of your file.`;
}

/**
 * The message for a file of the command that cannot be loaded, if that is what happened: each is loaded when something of it
 * is needed first.
 */
export function describeNotLoaded(error: unknown): string | undefined {
  if (errorCode(error) !== "MODULE_NOT_FOUND") return undefined;
  const [what] = (error as Error).message.split("\n");
  return `A file of isosops itself is gone, or cannot be read: was isosops removed, or updated, meanwhile? (${what})`;
}

function showStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\nbecause of ${showStack(error.cause)}`;
}

function debugging(): boolean {
  return (process.env.ISOSOPS_DEBUG ?? "") !== "";
}

/** Print a line on stderr. */
export function say(text: string): void {
  stderr().write(`${text}\n`);
}

/** stderr, prepared on first use: most runs have nothing to say. */
export function stderr(): NodeJS.WriteStream {
  const { stderr } = process;
  // A closed stderr is not an error.
  if (stderr.listenerCount("error") === 0) stderr.on("error", () => {});
  return stderr;
}
