import { identityToRecipient } from "@isosops/age";
import { clusterFlag } from "../cluster/commands.js";
import { GitopsError } from "../error.js";
import type { KeyringState } from "../keyring/state.js";
import { identities, type OrganisationOptions } from "../organisation.js";
import type { DoctorFinding } from "./finding.js";
import type { HeldKey } from "./known-keys.js";

const topic = "keyring";

/**
 * Reports what a keyring says about the organisation, without private keys.
 *
 * @param clusterPath - the examined cluster file, if any
 */
export function checkKeyring(state: KeyringState, clusterPath?: string): DoctorFinding[] {
  return [checkKey(state), checkEnabled(state, clusterPath), checkRotation(state)].filter(
    (finding) => finding !== undefined,
  );
}

function checkKey({ current }: KeyringState): DoctorFinding {
  return { topic, rule: "keyring", level: "ok", message: `The organisation's key is ${current.recipient}.` };
}

function checkEnabled({ enabled, log }: KeyringState, clusterPath: string | undefined): DoctorFinding {
  if (enabled) return { topic, rule: "disabled", level: "ok", message: "Encryption is enabled." };
  const entry = log.findLast(({ action }) => action === "disable");
  const since = entry === undefined ? "" : ` since ${entry.time}, by ${entry.actor}`;
  return {
    topic,
    rule: "disabled",
    level: "warning",
    message: `Encryption is disabled in the organisation${since}: what is marked for encryption is saved in plain text. What was encrypted before stays so.`,
    remedy: `Enable it: \`isosops org enable\`. Then encrypt what was saved meanwhile: \`isosops cluster encrypt stack${clusterFlag(clusterPath)}\`.`,
  };
}

function checkRotation({ current, previous, log }: KeyringState): DoctorFinding | undefined {
  if (previous === null) return undefined;
  const entry = log.findLast(({ action }) => action === "rotate");
  const by = entry === undefined ? "" : `, by ${entry.actor}`;
  return {
    topic,
    rule: "rotation",
    level: "note",
    message: `A rotation is under way since ${entry?.time ?? current.created}${by}: ${current.recipient} takes the place of ${previous.recipient}. Clusters and colleagues need both private keys until it has ended.`,
    remedy: "Go on with it: `isosops org status .`, `isosops org reencrypt .`, then `isosops org confirm .`.",
  };
}

/**
 * Opens a keyring's private keys and checks that they match its public keys. Failures are findings.
 *
 * @throws {GitopsError} `not_initialized` if there is no keyring.
 */
export async function openKeyring(
  organisation: OrganisationOptions,
): Promise<{ readonly held: readonly HeldKey[]; readonly findings: readonly DoctorFinding[] }> {
  let opened: readonly string[];
  try {
    opened = await identities(organisation);
  } catch (error) {
    if (!(error instanceof GitopsError)) throw error;
    const { message, code } = error;
    const rule = code === "locked" ? "keyring-opening" : "keyring-pair";
    const remedy =
      code === "locked" && organisation.protector.protection.type === "passphrase"
        ? "Without the right passphrase nobody opens it. Where a copy of the keyring has another one, restore that copy."
        : undefined;
    return { held: [], findings: [{ topic, rule, level: "error", message, remedy }] };
  }
  const held = await Promise.all(
    opened.map(async (identity) => ({ identity, recipient: await identityToRecipient(identity) })),
  );
  const keys = held.length === 1 ? "key is that of its public key" : "keys are those of its public keys";
  const message = `The keyring opens, and its private ${keys}.`;
  return { held, findings: [{ topic, rule: "keyring-opening", level: "ok", message }] };
}
