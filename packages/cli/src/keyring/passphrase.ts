import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { askSecret } from "../terminal/prompt.js";

export const passphraseVariable = "ISOSOPS_PASSPHRASE";

/** The keyring's passphrase, from `ISOSOPS_PASSPHRASE` or a prompt. Throws `CommandError`. */
export async function keyringPassphrase(): Promise<string> {
  return process.env[passphraseVariable] || ask("Enter passphrase of the organisation's keyring:");
}

/**
 * Minimum for a new passphrase. Whoever gets the keyring's file can guess about ten passphrases a second on each
 * machine: this rejects trivial ones, and does not make any other strong.
 */
const shortest = 10;
const fewestDifferent = 5;

/** The passphrase of a new keyring, prompted for twice. Throws `CommandError`. */
export async function newPassphrase(): Promise<string> {
  return chosen(passphraseVariable, "Enter a passphrase for the organisation's keyring:");
}

/** The passphrase that replaces a keyring's, prompted for twice. Throws `CommandError`. */
export async function replacingPassphrase(): Promise<string> {
  return chosen("ISOSOPS_NEW_PASSPHRASE", "Enter the new passphrase for the organisation's keyring:");
}

async function chosen(variable: string, prompt: string): Promise<string> {
  const given = process.env[variable];
  if (given) return checkPassphrase(given);
  const typed = checkPassphrase(await ask(prompt, variable));
  if ((await ask("Confirm passphrase:", variable)) === typed) return typed;
  throw new CommandError(exitCodes.keyringLocked, "The passphrases do not match: try again.");
}

/** Throws `CommandError` for a new passphrase that is easily guessed. */
export function checkPassphrase(passphrase: string): string {
  const characters = [...passphrase];
  if (characters.length >= shortest && new Set(characters).size >= fewestDifferent) return passphrase;
  throw new CommandError(
    exitCodes.keyringLocked,
    `The passphrase is too short, or too few of its characters differ: whoever gets the keyring's file could try all of them. Give ${shortest} characters or more, better several words drawn at random.`,
  );
}

async function ask(prompt: string, variable = passphraseVariable): Promise<string> {
  let typed: string;
  try {
    typed = await askSecret(prompt, `set ${variable}`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(exitCodes.keyringLocked, error.message, error);
  }
  if (typed !== "") return typed;
  throw new CommandError(exitCodes.keyringLocked, "The passphrase is empty: try again.");
}
