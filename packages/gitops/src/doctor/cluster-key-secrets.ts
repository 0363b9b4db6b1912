import { lookup, type Mapping, type Node } from "@isosops/core";
import { shellWord } from "@isosops/core/verify";
import { loadStore } from "@isosops/formats/load";
import {
  argocdKeyName,
  argocdNamespace,
  argocdSecretName,
  fluxNamespace,
  fluxSecretName,
} from "../argocd/key-secret.js";
import { applyCommand, clusterFlag } from "../cluster/commands.js";
import { findPrivateKeys } from "../keyring/private-keys.js";
import type { DoctorFinding } from "./finding.js";
import type { DoctorContext } from "./known-keys.js";
import { type Parsed, placeIn } from "./sample.js";

/** A Secret that gives a cluster its key. */
interface KeySecret {
  readonly secret: Mapping;
  /** The 0-based index of its document in the file. */
  readonly index: number;
  readonly reader: "Argo CD" | "Flux";
  /** `metadata.name`. */
  readonly name: string;
  readonly namespace: string | undefined;
}

/**
 * The names of entries that Flux reads as age keys (kustomize-controller, `internal/decryptor/decryptor.go`,
 * `DecryptionAgeExt`).
 */
const fluxKeys = /\.agekey$/;

/**
 * Checks the Secrets that give a cluster its key; undefined for a file without one.
 *
 * @param plain - the decrypted file, if it is encrypted and could be decrypted
 */
export async function checkClusterKeySecrets(
  sample: Parsed,
  plain: string | undefined,
  context: DoctorContext,
): Promise<DoctorFinding[] | undefined> {
  const secrets = sample.document.branches.flatMap((branch, index) => keySecret(branch, index) ?? []);
  if (secrets.length === 0) return undefined;
  let opened: readonly Mapping[] | undefined;
  if (sample.metadata === undefined) opened = sample.document.branches;
  else if (plain !== undefined) opened = (await loadStore(sample.format)).parse(plain).branches;
  const findings: DoctorFinding[] = [];
  for (const secret of secrets) findings.push(await checkSecret(secret, opened?.[secret.index], sample, context));
  return findings;
}

/**
 * Checks one Secret.
 *
 * @param opened - the Secret in plain text; undefined if it could not be decrypted
 */
async function checkSecret(
  key: KeySecret,
  opened: Mapping | undefined,
  sample: Parsed,
  context: DoctorContext,
): Promise<DoctorFinding> {
  const { secret, reader, name } = key;
  const values = keyValues(secret, reader);
  const report = (level: DoctorFinding["level"], message: string, remedy?: string): DoctorFinding => ({
    topic: sample.topic,
    rule: "cluster-key",
    level,
    message: `${sample.name}: ${message}`,
    remedy,
    ...placeIn(sample, values[0]?.start),
  });
  if (values.length === 0) {
    return reader === "Argo CD"
      ? report(
          "error",
          `the Secret ${name} has no key ${argocdKeyName}, so the cluster is without the organisation's key.`,
          writeAgain(key, sample, context),
        )
      : report(
          // Other tools use this name, too.
          "warning",
          `of the Secret ${name}, Flux takes no key: their names have to end with .agekey.`,
          writeAgain(key, sample, context),
        );
  }
  if (opened === undefined) {
    return report("note", `here is the Secret ${name}; which key it gives the cluster, only who opens it can tell.`);
  }
  const given = new Set<string>();
  for (const value of keyValues(opened, reader)) {
    if (value.kind !== "leaf" || typeof value.text !== "string") continue;
    for (const { recipient } of await findPrivateKeys(value.text)) given.add(recipient);
  }
  const keysGiven = given.size === 0 ? "no key of age" : `the key ${[...given].join(" and ")}`;
  const gives = `the Secret ${name} gives ${reader === "Flux" ? "Flux" : "the cluster"} ${keysGiven}`;
  const { keys } = context;
  if (keys === undefined) return report(given.size === 0 ? "error" : "ok", `${gives}.`);
  const { recipient, previousRecipient } = keys;
  if (!given.has(recipient)) {
    return report(
      // A Secret with another name may be for other files.
      isUsual(key) ? "error" : "warning",
      `${gives}, and the organisation's is ${recipient}: the cluster opens nothing that is encrypted for it.`,
      writeAgain(key, sample, context),
    );
  }
  if (previousRecipient !== undefined && !given.has(previousRecipient)) {
    return report(
      "warning",
      `${gives}, and not ${previousRecipient}, which is being replaced: the cluster does not open what has not been re-encrypted yet.`,
      writeAgain(key, sample, context),
    );
  }
  return report("ok", `the Secret ${name} gives ${reader === "Flux" ? "Flux" : "the cluster"} the organisation's key.`);
}

function isUsual({ name }: KeySecret): boolean {
  return name === argocdSecretName || name === fluxSecretName;
}

/** A file that also has the settings of Argo CD keeps them; one with other objects is not overwritten. */
function writeAgain(key: KeySecret, { document, path }: Parsed, { clusterPath }: DoctorContext): string {
  const { reader, namespace } = key;
  if (!isUsual(key)) return "If it is for the organisation's files, put the key there: `isosops org export` shows it.";
  const isAlone = document.branches.length === 1;
  const command = reader === "Flux" ? "flux" : "argocd";
  const usual = reader === "Flux" ? fluxNamespace : argocdNamespace;
  const flags = `${namespace === undefined || namespace === usual ? "" : ` --namespace ${shellWord(namespace)}`}${clusterFlag(clusterPath)}`;
  const only = reader === "Flux" ? "" : " --only key";
  const apply = `\`${applyCommand(`${command}${only}${flags}`)}\``;
  const holdsSettings = reader === "Argo CD" && document.branches.some((branch) => textAt(branch, "kind") !== "Secret");
  if (!isAlone && !holdsSettings)
    return `Give it to the cluster: ${apply}. Then put it into the file: \`isosops org export\` shows it.`;
  const write = `isosops cluster ${command}${isAlone ? only : ""}${flags} --output ${shellWord(path)}`;
  return `Write it again, \`${write}\`, and apply it, or ${apply}.`;
}

/** Flux reads keys from any Secret that a Kustomization names. */
function keySecret(branch: Mapping, index: number): KeySecret | undefined {
  const metadata = lookup(branch, "metadata");
  const name = textAt(metadata, "name");
  if (textAt(branch, "kind") !== "Secret" || typeof name !== "string") return undefined;
  const isArgocd = name === argocdSecretName;
  if (!isArgocd && name !== fluxSecretName && keyValues(branch, "Flux").length === 0) return undefined;
  const namespace = textAt(metadata, "namespace");
  return {
    secret: branch,
    index,
    reader: isArgocd ? "Argo CD" : "Flux",
    name,
    namespace: typeof namespace === "string" ? namespace : undefined,
  };
}

function keyValues(secret: Mapping, reader: KeySecret["reader"]): Node[] {
  const values: Node[] = [];
  for (const field of ["stringData", "data"]) {
    const data = lookup(secret, field);
    if (data?.kind !== "mapping") continue;
    for (const item of data.items) {
      if (item.kind !== "entry") continue;
      if (reader === "Flux" ? fluxKeys.test(item.key) : item.key === argocdKeyName) values.push(item.value);
    }
  }
  return values;
}

function textAt(node: Node | undefined, name: string): unknown {
  const value = node?.kind === "mapping" ? lookup(node, name) : undefined;
  return value?.kind === "leaf" ? value.text : undefined;
}
