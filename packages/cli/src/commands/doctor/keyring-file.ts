import {
  checkKeyring,
  type DoctorFinding,
  GitopsError,
  type HeldKey,
  type KeyringState,
  openKeyring,
  parseState,
  recipientProtector,
  shellWord,
} from "@isosops/gitops";
import { readFileSync } from "@isosops/node/internal/file-system/fs";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";
import { followLinks } from "@isosops/node/internal/write/follow-links";
import { describeOwner, stuckHolder } from "@isosops/node/internal/write/lock";
import { modeOf } from "../../files/file-mode.js";
import { fileStorage } from "../../keyring/file-storage.js";
import { keyringPath } from "../../keyring/keyring-path.js";
import { passphraseVariable } from "../../keyring/passphrase.js";
import { protectorFor } from "../../keyring/protector.js";
import { CommandError } from "../../program/command-error.js";
import { hasTerminal } from "../../terminal/tty.js";

const topic = "keyring";

/** What can be told about this machine's keyring without a prompt. */
export interface ExaminedKeyring {
  readonly state: KeyringState | undefined;
  readonly held: readonly HeldKey[];
  readonly findings: readonly DoctorFinding[];
}

/**
 * @param identities private keys that may open the keyring, as text
 * @param clusterFile the cluster file that is looked at, if any
 */
export async function examineKeyring(identities: readonly string[], clusterFile?: string): Promise<ExaminedKeyring> {
  let path: string;
  try {
    path = keyringPath();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return {
      state: undefined,
      held: [],
      findings: [{ topic, rule: "keyring", level: "error", message: error.message }],
    };
  }
  let state: KeyringState;
  try {
    state = parseState(readFileSync(path, "utf8"));
  } catch (error) {
    return { state: undefined, held: [], findings: [unreadable(path, error), ...checkLock(path)] };
  }
  const { held, findings } = await open(path, state, identities);
  const [mode, lock] = [checkMode(path, state), checkLock(path)];
  return { state, held, findings: [...checkKeyring(state, clusterFile), ...mode, ...lock, ...findings] };
}

function unreadable(file: string, error: unknown): DoctorFinding {
  if (error instanceof GitopsError) {
    return { topic, rule: "keyring", level: "error", message: `${file}: ${error.message}`, file };
  }
  if (errorCode(error) === undefined) throw error;
  if (errorCode(error) !== "ENOENT") {
    const remedy = "Give yourself permission to read it, or name another folder with ISOSOPS_HOME.";
    const message = `${file}: the keyring cannot be read: ${reasonOf(error)}.`;
    return { topic, rule: "keyring", level: "error", message, remedy, file };
  }
  return {
    topic,
    rule: "keyring",
    level: "warning",
    message: `There is no keyring at ${file}, so the organisation's key is not known here.`,
    remedy:
      "If you have a keyring elsewhere, name its folder: ISOSOPS_HOME. If the organisation has no key yet: `isosops org init`. Whoever only decrypts needs none.",
    file,
  };
}

function checkMode(file: string, { protection }: KeyringState): DoctorFinding[] {
  const mode = modeOf(file);
  if (mode === undefined) return [];
  const { octal, isOpen } = mode;
  if (!isOpen) {
    return [
      { topic, rule: "keyring-mode", level: "ok", message: `${file}: nobody else may read it (${octal}).`, file },
    ];
  }
  return [
    {
      topic,
      rule: "keyring-mode",
      level: protection.type === "none" ? "error" : "warning",
      message: `${file}: other users may read the keyring (its mode is ${octal})${protection.type === "none" ? ", and its private keys are not encrypted" : ""}.`,
      remedy: `Deny them access: \`chmod 600 ${shellWord(file)}\`.`,
      file,
    },
  ];
}

function checkLock(path: string): DoctorFinding[] {
  const lock = `${followLinks(path)}.lock`;
  const holder = stuckHolder(lock);
  if (holder === undefined) return [];
  const owner = describeOwner(holder.owner);
  return [
    holder.mayRun
      ? {
          topic,
          rule: "keyring-lock",
          level: "warning",
          message: `The keyring is locked by ${owner}, which takes unusually long; until that ends, nothing can be changed.`,
          remedy: `If that process has ended for certain, remove the folder ${lock}.`,
          file: lock,
        }
      : {
          topic,
          rule: "keyring-lock",
          level: "note",
          message: `The keyring was left locked by ${owner}, which has ended. The next command takes that lock away.`,
          file: lock,
        },
  ];
}

async function open(
  path: string,
  state: KeyringState,
  identities: readonly string[],
): Promise<Pick<ExaminedKeyring, "held" | "findings">> {
  const { protection } = state;
  const notOpened = (level: DoctorFinding["level"], message: string, remedy: string) => ({
    held: [],
    findings: [{ topic, rule: "keyring-opening", level, message, remedy } as const],
  });
  if (protection.type === "passphrase" && !process.env[passphraseVariable]) {
    return notOpened(
      hasTerminal() ? "note" : "warning",
      `The keyring was not opened: it has a passphrase, and ${passphraseVariable} is not set. ${hasTerminal() ? "Commands that need a private key ask for it on the terminal." : "There is no terminal to ask for it, so that commands that need a private key fail."}`,
      `Where there is no terminal, set ${passphraseVariable}.`,
    );
  }
  if (protection.type === "recipients" && identities.length === 0) {
    return notOpened(
      "warning",
      `The keyring was not opened: it is encrypted for ${protection.recipients.join(" and ")}, and no private key was found without a prompt.`,
      "Give its private key where sops looks for keys, such as SOPS_AGE_KEY_FILE.",
    );
  }
  const protector =
    protection.type === "recipients" ? recipientProtector(protection.recipients, identities) : protectorFor(protection);
  const storage = { ...fileStorage(path), read: async () => state };
  return openKeyring({ storage, protector, actor: "" });
}
