import { randomBytes } from "node:crypto";
import { keyFileLimit, readLimited } from "@isosops/node/internal/read-limited";
import { reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { say } from "../terminal/messages.js";

/** Minimum length: random tokens of this length cannot be guessed over a network. */
const shortest = 16;

/** The token from a file or `ISOSOPS_TOKEN`, else a new one, which is printed. Throws `CommandError`. */
export async function chooseToken(file: string | undefined): Promise<string> {
  if (file !== undefined) return checked(await readToken(file), file);
  const given = process.env.ISOSOPS_TOKEN;
  if (given) return checked(given, "ISOSOPS_TOKEN");
  const token = randomBytes(32).toString("base64url");
  say(`Token: ${token}`);
  return token;
}

async function readToken(path: string): Promise<string> {
  try {
    return (await readLimited(path, keyFileLimit)).toString().trim();
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
