import { SopsError } from "@isosops/core";
import { said } from "../../http/said.js";
import type { Run } from "./machine.js";

/** Status lines of gpg (GnuPG's doc/DETAILS): a keyword and what follows it. */
function statuses({ errors }: Run): { keyword: string; values: string[] }[] {
  return errors
    .split("\n")
    .filter((line) => line.startsWith("[GNUPG:] "))
    .map((line) => {
      const [keyword = "", ...values] = line.slice("[GNUPG:] ".length).trim().split(" ");
      return { keyword, values };
    });
}

/** What gpg says to people, on one line and without what a terminal obeys. */
function messageOf({ errors }: Run): string {
  const lines = errors.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("[GNUPG:]"));
  return said(lines.map((line) => line.trim()).join(" "), []);
}

function has(run: Run, ...keywords: readonly string[]): boolean {
  return statuses(run).some(({ keyword }) => keywords.includes(keyword));
}

/** Codes of libgpg-error (err-codes.h.in), which stand in the lower 16 bits, of what went wrong with an operation. */
function codesOf(run: Run, operation: string): number[] {
  return statuses(run)
    .filter(({ values: [first] }) => first === operation)
    .map(({ values }) => Number(values[1]) & 0xffff);
}

const badPassphrase = 11;
/** No agent, an agent that does not run, no pinentry, a pinentry that fails. */
const agentCodes: readonly number[] = [77, 78, 85, 86];
/** Of the system, with its highest bit set: ENOTTY, ENXIO. What pinentry says where there is no terminal. */
const noTerminalCodes: readonly number[] = [32_870, 32_882];
const canceledCodes: readonly number[] = [99, 198];
const cardCodes: readonly number[] = [108, 109, 110, 111, 112, 130];
const badPinCodes: readonly number[] = [87];

/** Whether all that keeps gpg from decrypting is that it has none of the secret keys. */
export function hasNoSecretKey(run: Run): boolean {
  return has(run, "NO_SECKEY") && codesOf(run, "pkdecrypt_failed").length === 0 && !saysAgent(run);
}

/** gpg says no more than `NO_SECKEY` where it cannot start its agent, which keeps all secret keys. */
function saysAgent(run: Run): boolean {
  return has(run, "NO_SECKEY") && /agent/i.test(messageOf(run)) && !has(run, "DECRYPTION_KEY");
}

/** Why gpg has not decrypted. */
export function notDecrypted(program: string, run: Run): SopsError {
  const codes = codesOf(run, "pkdecrypt_failed");
  const any = (known: readonly number[]) => codes.some((code) => known.includes(code));
  const words = messageOf(run);
  const quote = words === "" ? "" : ` (${words.replace(/[.!]$/, "")})`;
  if (any([badPassphrase])) {
    return new SopsError(
      "credentials",
      "gpg was given a wrong passphrase for the secret key. Try again with the right one.",
    );
  }
  if (any(badPinCodes))
    return new SopsError("credentials", "The smart card was given a wrong PIN. Try again with the right one.");
  if (any(canceledCodes)) {
    return new SopsError(
      "credentials",
      "The question for the passphrase of the secret key was cancelled. Try again, and answer it.",
    );
  }
  if (any(noTerminalCodes) || any(agentCodes)) {
    return new SopsError(
      "credentials",
      "gpg's agent could not ask for the passphrase of the secret key: there is no terminal, or no pinentry program. Run `export GPG_TTY=$(tty)` in the shell, unlock the key beforehand, or give a private key in hand with its passphrase.",
    );
  }
  if (any(cardCodes)) {
    return new SopsError(
      "credentials",
      `The smart card with the secret key is not there, or does not serve${quote}. Insert it, and try again.`,
    );
  }
  if (saysAgent(run)) {
    return new SopsError(
      "credentials",
      `gpg could not reach its agent, which keeps the secret keys${quote}. Check that gpg-agent is installed, and that its folder may be written to.`,
    );
  }
  if (run.code === 0) {
    return new SopsError(
      "data_key",
      "gpg has decrypted nothing, and says no error: the data key that PGP wrapped is cut off, or encrypted in a way that this version does not know, such as AEAD before GnuPG 2.3. Use a newer GnuPG, or restore the file from version control.",
    );
  }
  // A wrong checksum of the armor has no status line.
  if (
    /CRC/.test(words) ||
    has(run, "NODATA", "BADMDC", "BADARMOR", "UNEXPECTED") ||
    (has(run, "DECRYPTION_FAILED") && codes.length === 0)
  ) {
    return new SopsError(
      "data_key",
      `The data key that PGP wrapped in the file's \`sops\` block is damaged${quote}. Restore the file from version control.`,
    );
  }
  return unknown(program, run, "decrypted");
}

/**
 * Why gpg has not encrypted.
 *
 * @param list what `gpg --with-colons --list-keys` prints of the key
 */
export function notEncrypted(program: string, run: Run, list: string): SopsError {
  const codes = codesOf(run, "encrypt");
  const reasons = statuses(run)
    .filter(({ keyword }) => keyword === "INV_RECP")
    .map(({ values: [reason] }) => Number(reason));
  if (reasons.includes(1) || codes.includes(noPublicKey)) {
    return new SopsError(
      "key_not_found",
      "gpg has no public key for it. Import it (`gpg --import`, `gpg --receive-keys`), or give the key itself.",
    );
  }
  if (reasons.length > 0 || codes.includes(unusableKey)) return new SopsError("key_disabled", sayUnusable(list));
  return unknown(program, run, "encrypted");
}

const noPublicKey = 9;
const unusableKey = 53;

/** By the fields of a line with colons (GnuPG's doc/DETAILS): validity, expiration date, capabilities. */
function sayUnusable(list: string): string {
  const keys = list.split("\n").map((line) => line.split(":"));
  const [, validity, , , , , expires = "", , , , , capabilities = ""] = keys.find(([type]) => type === "pub") ?? [];
  if (validity === "r") return "The key is revoked. Encrypt for the one that its owner uses now.";
  if (validity === "e")
    return `The key has expired${showDay(expires)}. Ask its owner for it with a later date, or encrypt for another key.`;
  if (capabilities.includes("D"))
    return "The key is disabled in gpg. Enable it (`gpg --edit-key`), or encrypt for another key.";
  const subkey = keys.find(([type, , , , , , , , , , , can = ""]) => type === "sub" && can.includes("e"));
  if (subkey?.[1] === "e") {
    return `Its subkey for encryption has expired${showDay(subkey[6])}. Ask its owner for the key with a new one, or encrypt for another key.`;
  }
  return "It has no valid key for encryption. Ask its owner for one that has, or encrypt for another key.";
}

/** @param seconds since 1970 */
function showDay(seconds: string | undefined): string {
  return /^\d{1,11}$/.test(seconds ?? "") ? ` on ${new Date(Number(seconds) * 1000).toISOString().slice(0, 10)}` : "";
}

function unknown(program: string, run: Run, done: string): SopsError {
  const words = messageOf(run) || (run.code === null ? "it was ended" : `exit code ${run.code}`);
  return new SopsError(
    "service",
    `${program} has not ${done} the data key: ${words.replace(/[.!]$/, "")}. Try it by hand.`,
  );
}

/** Why gpg did not run at all. */
export function notStarted(program: string, cause: unknown): SopsError {
  const code = (cause as { code?: string })?.code ?? "";
  const why =
    code === "ENOENT" || code === "NotFound"
      ? "it is not there"
      : code === "EACCES"
        ? "it may not be run"
        : "the system does not say why";
  return new SopsError(
    "unavailable",
    `gpg could not be started as \`${said(program, [])}\`: ${why}. Install GnuPG, name its program in SOPS_GPG_EXEC, or give a PGP key in hand.`,
    { cause },
  );
}
