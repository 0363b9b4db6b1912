import { randomBytes } from "node:crypto";
import { type AccessToken, isRole, type Role } from "@isosops/gitops";
import { keyFileLimit, readLimited } from "@isosops/node/internal/read-limited";
import { reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { say } from "../terminal/messages.js";

/** Minimum length: random tokens of this length cannot be guessed over a network. */
const shortest = 16;

/**
 * The tokens from files, else from `ISOSOPS_TOKEN`; empty without both. Throws `CommandError`.
 *
 * @param files `FILE`, or `ROLE=FILE`; the role of an administrator when left out
 */
export async function givenTokens(files: readonly string[]): Promise<AccessToken[]> {
  const found: AccessToken[] = [];
  for (const file of files) found.push(...(await readTokens(file)));
  const given = process.env.ISOSOPS_TOKEN;
  if (given && files.length === 0) {
    found.push({ role: "administrator", actor: "ISOSOPS_TOKEN", token: checked(given, "ISOSOPS_TOKEN") });
  }
  const same = found.find(({ token }, index) => found.findIndex((other) => other.token === token) !== index);
  if (same !== undefined) {
    throw new CommandError(
      exitCodes.generic,
      `${same.actor}: this token is given twice. Give each person another one.`,
    );
  }
  return found;
}

/** A new token, which is printed. */
export function newToken(): AccessToken {
  const token = randomBytes(32).toString("base64url");
  say(`Token: ${token}`);
  return { role: "administrator", actor: "token", token };
}

/** Each line of a file is a token, or a name and a token. */
async function readTokens(given: string): Promise<AccessToken[]> {
  const [, name, rest] = /^([a-z]+)=(.+)$/s.exec(given) ?? [];
  const [role, path] = name !== undefined && isRole(name) ? [name, rest!] : (["administrator", given] as const);
  let text: string;
  try {
    text = (await readLimited(path, keyFileLimit)).toString();
  } catch (error) {
    throw new CommandError(exitCodes.readInput, `${path}: the token cannot be read: ${reasonOf(error)}.`, error);
  }
  const found: AccessToken[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed !== "" && !trimmed.startsWith("#")) found.push(parseLine(trimmed, role, path, index + 1));
  }
  if (found.length > 0) return found;
  throw new CommandError(exitCodes.generic, `${path}: there is no token in it. \`openssl rand -hex 32\` makes one.`);
}

function parseLine(line: string, role: Role, path: string, number: number): AccessToken {
  const [first, second, third] = line.split(/\s+/) as [string, string?, string?];
  const origin = `${path}, line ${number}`;
  if (third !== undefined) checked("", origin);
  const token = checked(second ?? first, origin);
  return { role, actor: second === undefined ? `${role} of ${origin}` : first, token };
}

function checked(token: string, origin: string): string {
  if (token.length >= shortest && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new CommandError(
    exitCodes.generic,
    `${origin}: a token is at least ${shortest} letters, digits and signs, without white space. \`openssl rand -hex 32\` makes one.`,
  );
}
