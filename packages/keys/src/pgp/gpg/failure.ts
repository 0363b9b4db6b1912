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

/** The messages of gpg, on one line and without control characters. */
function messageOf({ errors }: Run): string {
  const lines = errors.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("[GNUPG:]"));
  return said(lines.map((line) => line.trim()).join(" "), []);
}

function has(run: Run, ...keywords: readonly string[]): boolean {
  return statuses(run).some(({ keyword }) => keywords.includes(keyword));
}

/** The error codes (libgpg-error, err-codes.h.in: the lower 16 bits) that gpg reports for an operation. */
function codesOf(run: Run, operation: string): number[] {
  return statuses(run)
    .filter(({ values: [first] }) => first === operation)
    .map(({ values }) => Number(values[1]) & 0xffff);
}

const badPassphrase = 11;
/** The agent or pinentry is missing, or fails. */
const agentCodes: readonly number[] = [77, 78, 85, 86];
/** ENOTTY and ENXIO, system errors with the highest bit set: pinentry has no terminal. */
const noTerminalCodes: readonly number[] = [32_870, 32_882];
const canceledCodes: readonly number[] = [99, 198];
const cardCodes: readonly number[] = [108, 109, 110, 111, 112, 130];
const badPinCodes: readonly number[] = [87];

/** Whether gpg failed only because it has none of the secret keys. */
export function hasNoSecretKey(run: Run): boolean {
  return has(run, "NO_SECKEY") && codesOf(run, "pkdecrypt_failed").length === 0 && !saysAgent(run);
}

/** Whether gpg failed to start its agent, which keeps all secret keys. The status is `NO_SECKEY` then, too. */
function saysAgent(run: Run): boolean {
  return has(run, "NO_SECKEY") && /agent/i.test(messageOf(run)) && !has(run, "DECRYPTION_KEY");
}

/** The error for a run that did not decrypt. */
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
    return new SopsError("credentials", "The passphrase prompt for the secret key was cancelled. Try again.");
  }
  if (any(noTerminalCodes) || any(agentCodes)) {
    return new SopsError(
      "credentials",
      "gpg's agent could not ask for the passphrase of the secret key: there is no terminal, or no pinentry program. Run `export GPG_TTY=$(tty)` in the shell, unlock the key beforehand, or give the private key and its passphrase directly.",
    );
  }
  if (any(cardCodes)) {
    return new SopsError(
      "credentials",
      `The smart card with the secret key is missing, or does not work${quote}. Insert it, and try again.`,
    );
  }
  if (saysAgent(run)) {
    return new SopsError(
      "credentials",
      `gpg could not reach its agent, which keeps the secret keys${quote}. Check that gpg-agent is installed, and that its folder is writable.`,
    );
  }
  if (run.code === 0) {
    return new SopsError(
      "data_key",
      "gpg decrypted nothing, and reported no error: the wrapped data key is truncated, or encrypted in a way that this version does not support, such as AEAD before GnuPG 2.3. Use a newer GnuPG, or restore the file from version control.",
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
      `The PGP-wrapped data key in the file's \`sops\` block is damaged${quote}. Restore the file from version control.`,
    );
  }
  return unknown(program, run, "decrypted");
}

/**
 * The error for a run that did not encrypt.
 *
 * @param list the output of `gpg --with-colons --list-keys` for the key
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

/** Explains why a key is unusable, from the fields of `--with-colons` (GnuPG's doc/DETAILS): validity, expiration, capabilities. */
function sayUnusable(list: string): string {
  const keys = list.split("\n").map((line) => line.split(":"));
  const [, validity, , , , , expires = "", , , , , capabilities = ""] = keys.find(([type]) => type === "pub") ?? [];
  if (validity === "r") return "The key is revoked. Encrypt for its owner's current key.";
  if (validity === "e")
    return `The key has expired${showDay(expires)}. Ask its owner for a renewed key, or encrypt for another one.`;
  if (capabilities.includes("D"))
    return "The key is disabled in gpg. Enable it (`gpg --edit-key`), or encrypt for another key.";
  const subkey = keys.find(([type, , , , , , , , , , , can = ""]) => type === "sub" && can.includes("e"));
  if (subkey?.[1] === "e") {
    return `Its subkey for encryption has expired${showDay(subkey[6])}. Ask its owner for a key with a valid subkey, or encrypt for another one.`;
  }
  return "It has no valid key for encryption. Ask its owner for a valid one, or encrypt for another key.";
}

/** @param seconds since 1970 */
function showDay(seconds: string | undefined): string {
  return /^\d{1,11}$/.test(seconds ?? "") ? ` on ${new Date(Number(seconds) * 1000).toISOString().slice(0, 10)}` : "";
}

function unknown(program: string, run: Run, done: string): SopsError {
  const words = messageOf(run) || (run.code === null ? "it was terminated" : `exit code ${run.code}`);
  return new SopsError(
    "service",
    `${program} has not ${done} the data key: ${words.replace(/[.!]$/, "")}. Run it by hand to see why.`,
  );
}

/** The error for a run that ended well, and encrypted nothing. */
export function noMessage(program: string): SopsError {
  return new SopsError(
    "service",
    `${said(program, [])} printed something else than a PGP message, so nothing was written. Set SOPS_GPG_EXEC to GnuPG, or unset it.`,
  );
}

/** By the code of the system, or of Deno. */
const reasonsNotToStart: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ["ENOENT", "it was not found"],
  ["NotFound", "it was not found"],
  ["EACCES", "it is not executable"],
  ["EMFILE", "too many files are open"],
]);

/** The error for a gpg that cannot be started. */
export function notStarted(program: string, cause: unknown): SopsError {
  const code = (cause as { code?: string })?.code ?? "";
  const why = reasonsNotToStart.get(code) ?? "the system gives no reason";
  return new SopsError(
    "unavailable",
    `gpg could not be started as \`${said(program, [])}\`: ${why}. Install GnuPG, set SOPS_GPG_EXEC to its path, or give the PGP key directly.`,
    { cause },
  );
}
