import { CommandError } from "../command-error.js";
import { exitCodes } from "../exit-codes.js";
import { askSecret } from "../terminal.js";

export const passphraseVariable = "ISOSOPS_PASSPHRASE";

/** The keyring's passphrase: that of `ISOSOPS_PASSPHRASE`, else what is typed. Throws `CommandError`. */
export async function keyringPassphrase(): Promise<string> {
  return process.env[passphraseVariable] || ask("Enter passphrase of the organisation's keyring:");
}

/** The passphrase of a new keyring, typed twice. Throws `CommandError`. */
export async function newPassphrase(): Promise<string> {
  const given = process.env[passphraseVariable];
  if (given) return given;
  const typed = await ask("Enter a passphrase for the organisation's keyring:");
  if ((await ask("Confirm passphrase:")) === typed) return typed;
  throw new CommandError(exitCodes.keyringLocked, "The passphrases are not the same: try again.");
}

async function ask(prompt: string): Promise<string> {
  let typed: string;
  try {
    typed = await askSecret(prompt, `set ${passphraseVariable}`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(exitCodes.keyringLocked, error.message, error);
  }
  if (typed !== "") return typed;
  throw new CommandError(exitCodes.keyringLocked, "The passphrase is empty: try again.");
}
