import { placeOf, SopsError } from "@isosops/core";
import { argocdSecretName, fluxSecretName } from "../argocd/key-secret.js";
import { type ClusterFile, type ClusterItem, parseCluster } from "../cluster/cluster-file.js";
import type { ClusterFiles } from "../cluster/cluster-files.js";
import { applyCommand, clusterFlag } from "../cluster/commands.js";
import { describeItem, readContent } from "../cluster/content.js";
import { createDraft } from "../cluster/draft.js";
import { type ClusterFinding, lintCluster } from "../cluster/lint.js";
import { GitopsError } from "../error.js";
import { type Examined, examineSample } from "./examine-sample.js";
import type { DoctorFinding, DoctorLevel } from "./finding.js";
import type { DoctorContext } from "./known-keys.js";

const topic = "cluster";

/** The result of {@link examineCluster}. */
export interface ExaminedCluster {
  readonly findings: readonly DoctorFinding[];
  /** The files of its manifests and values, which need not be examined again. */
  readonly paths: ReadonlySet<string>;
  readonly examined: readonly Examined[];
  readonly decryption: boolean | undefined;
  /** The cluster file itself. */
  readonly path: string;
}

/**
 * Examines a cluster file and everything that it names. Errors are findings.
 *
 * @param path - the path of the cluster file
 */
export async function examineCluster(
  files: ClusterFiles,
  path: string,
  context: DoctorContext,
): Promise<ExaminedCluster> {
  const draft = createDraft(files);
  let cluster: ClusterFile;
  try {
    cluster = await parseCluster(await draft.read(path), path);
  } catch (error) {
    return { findings: [fromError(error, path)], paths: new Set(), examined: [], decryption: undefined, path };
  }
  const paths = new Set<string>();
  const examined: Examined[] = [];
  for (const item of cluster.stacks.flatMap(({ items }) => items)) {
    if (item.content === undefined) continue;
    let content: Awaited<ReturnType<typeof readContent>>;
    try {
      content = await readContent(draft, files, path, item);
    } catch (error) {
      // `lintCluster` reports it.
      if (!(error instanceof GitopsError || error instanceof SopsError)) throw error;
      continue;
    }
    const isInline = content.path === path;
    if (!isInline) paths.add(content.path);
    const line = isInline ? item.content.line : undefined;
    const name = describeIn(item);
    examined.push(
      await examineSample(
        { topic, path: content.path, name, text: content.text, line, item, clusterPath: path },
        context,
      ),
    );
  }
  const findings = [
    ...checkDecryption(cluster, examined, path, await draft.read(path)),
    ...(await lintCluster(files, path)).map((finding) => fromLint(finding, context)),
    ...examined.flatMap((one) => one.findings),
  ];
  if (!findings.some(({ level }) => level === "error" || level === "warning")) {
    const count = examined.length;
    const encrypted = examined.filter((one) => one.encrypted).length;
    const message = `What the cluster file names is as it should be: ${count} manifest${count === 1 ? "" : "s"} and values, ${encrypted} of them encrypted.`;
    findings.unshift({ topic, rule: "marks", level: "ok", message, file: path });
  }
  return { findings, paths, examined, decryption: cluster.decryption, path };
}

/**
 * Reports whether a cluster that decrypts has the key. The cluster itself cannot be seen, only Secrets in files.
 *
 * @param examined - all examined files
 */
export function checkClusterKey({ decryption, path }: ExaminedCluster, examined: readonly Examined[]): DoctorFinding[] {
  if (decryption !== true || examined.some(({ hasClusterKey }) => hasClusterKey)) return [];
  const flag = clusterFlag(path);
  return [
    {
      topic,
      rule: "cluster-key",
      level: "note",
      message: `Whether the cluster has the key cannot be seen from here: it is the Secret ${argocdSecretName} in the namespace argocd, or for Flux ${fluxSecretName} in flux-system. Where it is missing, nothing is decrypted.`,
      remedy: `Look: \`kubectl -n argocd get secret ${argocdSecretName}\` or \`kubectl -n flux-system get secret ${fluxSecretName}\`. Give it the key: \`${applyCommand(`argocd${flag}`)}\` or \`${applyCommand(`flux${flag}`)}\`.`,
    },
  ];
}

function describeIn(item: ClusterItem): string {
  return `${describeItem(item)} (stack ${item.stack})`;
}

function fromError(error: unknown, file: string): DoctorFinding {
  if (!(error instanceof GitopsError || error instanceof SopsError)) throw error;
  const message = error.message.split("\n", 1)[0]!;
  return { topic, rule: "cluster-file", level: "error", message, file, line: error.line };
}

function checkDecryption(
  { decryption }: ClusterFile,
  examined: readonly Examined[],
  file: string,
  text: string,
): DoctorFinding[] {
  const count = examined.filter(({ encrypted }) => encrypted).length;
  if (decryption === true) {
    const message = "Decryption is enabled for the cluster (`spec.sops.decryption`).";
    return [{ topic, rule: "decryption", level: "ok", message, file }];
  }
  if (count === 0) return [];
  const said = decryption === false ? "is disabled for the cluster" : "is not said to be enabled for the cluster";
  const at = /^[ \t]*["']?decryption["']?[ \t]*:/m.exec(text);
  return [
    {
      topic,
      rule: "decryption",
      level: decryption === false ? "error" : "warning",
      message: `Decryption ${said} (\`spec.sops.decryption\`), so that it gets no key, and ${count} of the manifests and values that it deploys ${count === 1 ? "is" : "are"} encrypted: it would deploy ciphertexts.`,
      remedy: `Enable it, \`isosops cluster decryption enable${clusterFlag(file)}\`, and give the cluster the key: \`${applyCommand(`argocd${clusterFlag(file)}`)}\`, or for Flux \`${applyCommand(`flux${clusterFlag(file)}`)}\`.`,
      file,
      line: at === null || decryption === undefined ? undefined : placeOf(text, at.index).line,
    },
  ];
}

const levels: Readonly<Record<string, DoctorLevel>> = { unmarked: "warning" };

const rules: Readonly<Record<string, string>> = {
  "missing-file": "cluster-file",
  unreadable: "cluster-file",
  duplicate: "cluster-file",
  damaged: "damaged",
};

/** `checkReaders` reports the recipients. */
function fromLint(
  { rule, message, kind, name, stack, file, line }: ClusterFinding,
  { keys }: DoctorContext,
): DoctorFinding {
  const where = kind === "stack" ? `stack ${name}` : `${kind} ${name} (stack ${stack})`;
  const isDisabled = rule === "plaintext" && keys?.enabled === false;
  return {
    topic,
    rule: rules[rule] ?? "marks",
    level: levels[rule] ?? "error",
    message: `${where}: ${message.split("\n", 1)[0]}${isDisabled ? " Encryption is disabled in the organisation, so that would change nothing." : ""}`,
    remedy: isDisabled ? "First enable it: `isosops org enable`." : undefined,
    file,
    line,
  };
}
