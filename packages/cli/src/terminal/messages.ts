import { showName } from "@isosops/node/internal/file-system/names";
import type { Warning } from "isosops";
import picocolors from "picocolors";
import { CommandError } from "../program/command-error.js";
import { isGitopsError, sopsErrorCode } from "../program/exit-codes.js";

/** Say on stderr what went wrong. */
export function report(error: unknown): void {
  const colors = colorsFor(stderr());
  say(`${colors.red(colors.bold("error:"))} ${harmlessLines(describe(error))}`);
  if (debugging()) say(colors.dim(harmlessLines(showStack(error))));
}

/** Say on stderr what the user should know although all goes on. */
export function warn(message: string): void {
  const colors = colorsFor(stderr());
  say(`${colors.yellow(colors.bold("warning:"))} ${harmlessLines(message)}`);
}

/** What the engine has to say of a file, each with the file's name and the line. */
export function warnOf(name: string, warnings: readonly Warning[]): void {
  for (const { message, line } of warnings) warn(`${name}${line === undefined ? "" : `, line ${line}`}: ${message}`);
}

function describe(error: unknown): string {
  if (error instanceof CommandError || isGitopsError(error)) return error.message;
  if (sopsErrorCode(error) !== undefined) return (error as Error).message;
  // The message of an error nobody foresaw may quote what was being worked on.
  const name = error instanceof Error ? error.name : typeof error;
  return debugging()
    ? `unexpected ${name}`
    : `unexpected ${name}: this is a mistake in isosops, please report it. ISOSOPS_DEBUG=1 shows where it happened, and may show parts of your file.`;
}

function showStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\nbecause of ${showStack(error.cause)}`;
}

function debugging(): boolean {
  return (process.env.ISOSOPS_DEBUG ?? "") !== "";
}

/** A line on stderr. */
export function say(text: string): void {
  stderr().write(`${text}\n`);
}

/** Made ready when there is something to say: most of the time there is not. */
export function stderr(): NodeJS.WriteStream {
  const { stderr } = process;
  // Where nobody reads the messages any more, there is nothing left to say.
  if (stderr.listenerCount("error") === 0) stderr.on("error", () => {});
  return stderr;
}

/**
 * What is shown on one line. Messages quote arguments, file names and keys of files. A private key may have been put where
 * one of these belongs, and control characters, line breaks and marks of direction (U+202E) could make a terminal show
 * something else than is there: they are escaped.
 */
export function harmless(text: string): string {
  return showName(text)
    .replace(/(AGE-(?:SECRET-KEY|PLUGIN)-)[A-Z0-9+-]+/gi, "$1...")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
      const code = character.codePointAt(0)!.toString(16);
      return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
    });
}

/** The same for the message of an error, where lists and the picture of a line stand on further lines, each indented. */
export function harmlessLines(text: string): string {
  return text
    .split(/\n(?= {2})/)
    .map(harmless)
    .join("\n");
}

/** JSON for a terminal, with the same characters escaped as JSON has it. */
export function harmlessJson(value: unknown, indent = 2): string {
  const escaped = (text: string) =>
    Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
  return `${JSON.stringify(value, undefined, indent).replace(/[\p{Cf}\p{Zl}\p{Zp}\x7f-\x9f]/gu, escaped)}\n`;
}

/** Colours for a stream, where it is a terminal; picocolors itself looks at stdout alone. */
export function colorsFor(stream: { isTTY?: boolean }): ReturnType<typeof picocolors.createColors> {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  const wanted = (stream.isTTY === true && TERM !== "dumb") || (FORCE_COLOR ?? "0") !== "0";
  return picocolors.createColors(wanted && (NO_COLOR ?? "") === "");
}
