import { applyCommand, clusterFlag } from "../cluster/commands.js";
import type { Examined } from "./examine-sample.js";
import type { DoctorFinding } from "./finding.js";
import type { HeldKey, KnownKeys } from "./known-keys.js";

const topic = "environment";

/**
 * Checks which of the examined files the private keys that sops would find can decrypt. Without a keyring,
 * `examineSample` reports this for each file.
 *
 * @param found - private keys that can be used without asking
 * @param clusterPath - the examined cluster file, if any
 */
export function checkIdentities(
  found: readonly HeldKey[],
  keys: KnownKeys | undefined,
  examined: readonly Examined[],
  clusterPath?: string,
): DoctorFinding[] {
  const findings: DoctorFinding[] = [];
  const flag = clusterFlag(clusterPath);
  for (const { recipient } of found) {
    const how = keys?.destroyed.get(recipient);
    if (how === undefined) continue;
    findings.push({
      topic,
      rule: "stale-identity",
      level: "warning",
      message: `The private key of ${recipient} is here, a former key of the organisation that was destroyed${how}. It opens nothing that is encrypted now.`,
      remedy: `Use the current one instead: \`SOPS_AGE_KEY_CMD='isosops org export'\`; for a cluster, \`${applyCommand(`argocd --only key${flag}`)}\`, or for Flux \`${applyCommand(`flux${flag}`)}\`.`,
    });
  }
  const encrypted = examined.filter((one) => one.encrypted);
  if (found.length === 0 || encrypted.length === 0) return findings;
  const opens = encrypted.filter((one) => found.some(({ recipient }) => one.recipients.includes(recipient))).length;
  const isAll = opens === encrypted.length;
  const recipients = found.map(({ recipient }) => recipient).join(" and ");
  const message = `The private key${found.length === 1 ? "" : "s"} of ${recipients}, which sops finds here, open${found.length === 1 ? "s" : ""} ${opens} of ${encrypted.length} encrypted files, by the public keys that these name.`;
  if (isAll) findings.push({ topic, rule: "no-key", level: "ok", message });
  else if (keys !== undefined) {
    const remedy = "For those of the organisation, sops takes the keyring's: `SOPS_AGE_KEY_CMD='isosops org export'`.";
    findings.push({ topic, rule: "no-key", level: "note", message, remedy });
  }
  return findings;
}
