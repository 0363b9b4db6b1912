import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { CommandError, reasonOf } from "../command-error.js";
import { exitCodes } from "../exit-codes.js";
import { say } from "../messages.js";

/** Nobody guesses as many characters over a network, if they are drawn at random. */
const shortest = 16;

/** The token of a file, of `ISOSOPS_TOKEN`, or a new one, which is shown. Throws `CommandError`. */
export function chooseToken(file: string | undefined): string {
  if (file !== undefined) return checked(readFile(file), file);
  const given = process.env.ISOSOPS_TOKEN;
  if (given) return checked(given, "ISOSOPS_TOKEN");
  const token = randomBytes(32).toString("base64url");
  say(`Token: ${token}`);
  return token;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new CommandError(exitCodes.readInput, `${path}: the token cannot be read: ${reasonOf(error)}.`, error);
  }
}

function checked(token: string, origin: string): string {
  if (token.length >= shortest && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new CommandError(
    exitCodes.generic,
    `${origin}: a token is at least ${shortest} letters, digits and signs, without white space. \`openssl rand -hex 32\` makes one.`,
  );
}
