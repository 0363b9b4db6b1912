import { constants } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { AgeError, identityToRecipient } from "@isosops/age";
import { type DoctorFinding, type HeldKey, shellWord } from "@isosops/gitops";
import { accessSync } from "@isosops/node/internal/file-system/fs";
import { userConfigFolder } from "@isosops/node/internal/identities/user-config-folder";
import { reasonOf } from "@isosops/node/internal/system-error";
import { modeOf } from "../../files/file-mode.js";
import { findIdentities } from "../../keys/identities.js";

const topic = "environment";

export interface ExaminedEnvironment {
  /** Private keys that are available without a prompt. */
  readonly found: readonly HeldKey[];
  /** Whether there are identities that were not tried: SSH keys, plugins, commands, encrypted files. */
  readonly hasUntried: boolean;
  readonly findings: readonly DoctorFinding[];
}

/** The private keys that sops would find on this machine. Nothing is prompted for and no command is run. */
export async function examineEnvironment(): Promise<ExaminedEnvironment> {
  const { identities, tried } = await findIdentities();
  const found: HeldKey[] = [];
  for (const identity of identities) {
    if (typeof identity !== "string") continue;
    try {
      found.push({ identity, recipient: await identityToRecipient(identity) });
    } catch (error) {
      // `tried` describes the problem.
      if (!(error instanceof AgeError)) throw error;
    }
  }
  const findings = [
    checkPlaces(tried),
    ...checkVariables(tried, identities.length > 0),
    ...keyFiles().flatMap(checkMode),
  ];
  return { found, hasUntried: identities.some((identity) => typeof identity !== "string"), findings };
}

function checkPlaces(tried: readonly string[]): DoctorFinding {
  const places = tried.filter((place) => !/\((?:not set|no such file)\)$/.test(place));
  if (places.length > 0) {
    return { topic, rule: "identities", level: "ok", message: `sops finds private keys in: ${places.join("; ")}.` };
  }
  return {
    topic,
    rule: "identities",
    level: "note",
    message: `sops finds no private key here. Looked in: ${tried.join("; ")}.`,
    remedy: "To decrypt with the organisation's key: `export SOPS_AGE_KEY_CMD='isosops org export'`.",
  };
}

/**
 * Findings for environment variables that are set but give no key.
 *
 * @param hasOthers whether keys were found elsewhere: then sops does without
 */
function checkVariables(tried: readonly string[], hasOthers: boolean): DoctorFinding[] {
  const findings: DoctorFinding[] = [];
  for (const name of ["SOPS_AGE_KEY_FILE", "SOPS_AGE_SSH_PRIVATE_KEY_FILE"]) {
    const path = process.env[name];
    if (path === undefined) continue;
    try {
      accessSync(path, constants.R_OK);
    } catch (error) {
      findings.push({
        topic,
        rule: "identities",
        level: hasOthers ? "warning" : "error",
        message: `${name} names ${path}, which cannot be read: ${reasonOf(error)}.`,
        remedy: `Let it name the file with the private key, or unset ${name}.`,
      });
    }
  }
  for (const place of tried) {
    if (
      !/^SOPS_AGE_\w+(?:,.*)? \((?:no key|no SSH private key|.*not a valid age identity|.*not an age identity)/.test(
        place,
      )
    )
      continue;
    findings.push({
      topic,
      rule: "identities",
      level: "warning",
      message: `A variable is set to something that sops cannot use: ${place}.`,
      remedy: "A private key of age is one line that begins with AGE-SECRET-KEY-1.",
    });
  }
  return findings;
}

/** The files in which sops looks for private keys. */
function keyFiles(): string[] {
  const { SOPS_AGE_KEY_FILE, SOPS_AGE_SSH_PRIVATE_KEY_FILE, HOME } = process.env;
  const folder = userConfigFolder();
  const ssh = join(HOME || homedir(), ".ssh");
  return [
    SOPS_AGE_KEY_FILE,
    SOPS_AGE_SSH_PRIVATE_KEY_FILE,
    join(ssh, "id_ed25519"),
    join(ssh, "id_rsa"),
    folder === undefined ? undefined : join(folder, "sops", "age", "keys.txt"),
  ].filter((path) => path !== undefined);
}

function checkMode(file: string): DoctorFinding[] {
  let mode: ReturnType<typeof modeOf>;
  try {
    mode = modeOf(file);
  } catch {
    // The folder is not accessible.
    return [];
  }
  if (mode?.isOpen !== true) return [];
  return [
    {
      topic,
      rule: "identity-mode",
      level: "warning",
      message: `${file}: other users may read this file with private keys (its mode is ${mode.octal}).`,
      remedy: `Deny them access: \`chmod 600 ${shellWord(file)}\`.`,
      file,
    },
  ];
}
