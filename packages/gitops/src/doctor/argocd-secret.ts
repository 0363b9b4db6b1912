import { lookup, type Mapping, type Node } from "@isosops/core";
import { argocdKeyName, argocdSecretName } from "../argocd/key-secret.js";
import { findPrivateKeys } from "../keyring/private-keys.js";
import type { DoctorFinding } from "./finding.js";
import type { KnownKeys } from "./known-keys.js";
import { type Parsed, placeIn } from "./sample.js";

/**
 * The Secret that gives a cluster its key: undefined for a file without it.
 *
 * @param plain the file, decrypted where it is encrypted and could be
 */
export async function checkArgocdSecret(
  sample: Parsed,
  plain: string | undefined,
  keys: KnownKeys | undefined,
): Promise<DoctorFinding[] | undefined> {
  const secret = sample.document.branches.find(isArgocdSecret);
  if (secret === undefined) return undefined;
  const { topic, name } = sample;
  const key = keyOf(secret);
  const report = (level: DoctorFinding["level"], message: string, remedy?: string): DoctorFinding[] => [
    { topic, rule: "cluster-key", level, message: `${name}: ${message}`, remedy, ...placeIn(sample, key?.start) },
  ];
  if (key === undefined) {
    return report(
      "error",
      `the Secret ${argocdSecretName} has no key ${argocdKeyName}, so the cluster is without the organisation's key.`,
      "Write it again: `isosops cluster argocd --only key`.",
    );
  }
  const text = sample.metadata === undefined ? sample.text : plain;
  if (text === undefined) {
    return report(
      "note",
      `here is the Secret ${argocdSecretName}; which key it gives the cluster, only who opens it can tell.`,
    );
  }
  const given = new Set((await findPrivateKeys(text)).map(({ recipient }) => recipient));
  const shown = given.size === 0 ? "no key of age" : `the key ${[...given].join(" and ")}`;
  if (keys === undefined)
    return report(given.size === 0 ? "error" : "ok", `the Secret ${argocdSecretName} gives the cluster ${shown}.`);
  const { recipient, previousRecipient } = keys;
  if (!given.has(recipient)) {
    return report(
      "error",
      `the Secret ${argocdSecretName} gives the cluster ${shown}, and the organisation's is ${recipient}: the cluster opens nothing that is encrypted for it.`,
      writeAgain(sample),
    );
  }
  if (previousRecipient !== undefined && !given.has(previousRecipient)) {
    return report(
      "warning",
      `the Secret ${argocdSecretName} gives the cluster ${shown}, and not ${previousRecipient}, which is being replaced: the cluster does not open what has not been re-encrypted yet.`,
      writeAgain(sample),
    );
  }
  return report("ok", `the Secret ${argocdSecretName} gives the cluster the organisation's key.`);
}

/** A file with the settings, too, keeps them. */
function writeAgain({ document, name }: Parsed): string {
  const only = document.branches.length > 1 ? "" : " --only key";
  return `Write it again, \`isosops cluster argocd${only} --output ${name}\`, and apply it, or \`isosops cluster argocd --only key | kubectl apply --server-side --field-manager isosops -f -\`.`;
}

function isArgocdSecret(branch: Mapping): boolean {
  return textAt(branch, "kind") === "Secret" && textAt(lookup(branch, "metadata"), "name") === argocdSecretName;
}

function keyOf(secret: Mapping): Node | undefined {
  for (const field of ["stringData", "data"]) {
    const data = lookup(secret, field);
    const value = data?.kind === "mapping" ? lookup(data, argocdKeyName) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

function textAt(node: Node | undefined, name: string): unknown {
  const value = node?.kind === "mapping" ? lookup(node, name) : undefined;
  return value?.kind === "leaf" ? value.text : undefined;
}
