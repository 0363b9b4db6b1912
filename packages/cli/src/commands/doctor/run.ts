import { basename, dirname } from "node:path";
import {
  checkClusterKey,
  checkIdentities,
  type DoctorContext,
  type DoctorFinding,
  doctorTexts,
  type Examined,
  examineCluster,
  examineSample,
  knownKeys,
} from "@isosops/gitops";
import { existsSync, realpathSync } from "@isosops/node/internal/file-system/fs";
import { findFiles } from "@isosops/node/internal/find-files";
import { forLinkedFile } from "@isosops/node/internal/linked-file";
import { organisationFiles } from "../../keyring/open-organisation.js";
import { filesOfInterest, mayContain } from "../../keyring/repository-files.js";
import { exitCodes } from "../../program/exit-codes.js";
import { printableJson } from "../../terminal/printable.js";
import { showPath } from "../../terminal/show-path.js";
import { showPaths } from "../../terminal/show-paths.js";
import { writeStdout } from "../../terminal/stdout.js";
import { clusterFiles, clusterPath } from "../cluster/cluster-files.js";
import { examineEnvironment } from "./environment.js";
import type { DoctorFlags } from "./flags.js";
import { examineKeyring } from "./keyring-file.js";
import { examinePublished } from "./published-keys.js";
import { toText } from "./report.js";

const usualClusterFile = "cluster.yaml";

/** `isosops doctor`. */
export async function doctorCommand(paths: readonly string[], { file, json = false }: DoctorFlags): Promise<void> {
  const isUsual = file === undefined && paths.length === 0 && existsSync(usualClusterFile);
  const findings = await examineAll(paths, isUsual ? usualClusterFile : file);
  await writeStdout(json ? printableJson({ findings }) : toText(findings));
  if (findings.some(({ level }) => level === "error")) process.exitCode = exitCodes.findings;
}

/**
 * The findings about a cluster file, the files at some paths, the keyring and the environment, with paths relative to the
 * working folder.
 *
 * @param paths the folder of the cluster file, or the working folder, when empty
 */
export async function examineAll(
  paths: readonly string[],
  clusterFile: string | undefined,
): Promise<readonly DoctorFinding[]> {
  const found = findFiles(paths.length > 0 ? paths : [clusterFile === undefined ? "." : dirname(clusterFile)]);
  const environment = await examineEnvironment();
  const keyring = await examineKeyring(
    environment.found.map(({ identity }) => identity),
    clusterFile === undefined ? undefined : clusterPath(clusterFile),
  );
  const published = await examinePublished([clusterFile ?? ".", ...paths], keyring.state);
  const keys = published.state === undefined ? undefined : knownKeys(published.state);
  const context: DoctorContext = {
    keys,
    held: [...keyring.held, ...environment.found],
    hasUntried: environment.hasUntried,
    clusterPath: clusterFile === undefined ? undefined : clusterPath(clusterFile),
  };
  const cluster =
    context.clusterPath === undefined ? undefined : await examineCluster(clusterFiles(), context.clusterPath, context);
  const files = await examineFiles(found, cluster?.paths ?? new Set(), context);
  const examined = [...(cluster?.examined ?? []), ...files.examined];
  const all = [
    ...keyring.findings,
    ...published.findings,
    ...(cluster === undefined ? [] : [...cluster.findings, ...checkClusterKey(cluster, examined)]),
    ...files.findings,
    ...environment.findings,
    ...checkIdentities(environment.found, keys, examined, context.clusterPath),
  ];
  return Promise.all(all.map((finding) => withShownPath(finding, context.clusterPath)));
}

/** The finding with paths relative to the working folder, also in the command that fixes it. */
async function withShownPath(finding: DoctorFinding, clusterFile: string | undefined): Promise<DoctorFinding> {
  const { file, message, remedy, topic } = finding;
  const named = topic === "keyring" || topic === "environment" ? undefined : file;
  const within = (text: string) => showPaths(text, [named, clusterFile]);
  return {
    ...finding,
    file: file === undefined ? undefined : showPath(file),
    message: within(named === undefined ? message : await forLinkedFile(message, named)),
    remedy: remedy === undefined ? undefined : within(remedy),
  };
}

/** @param known files that were looked at before, by their absolute paths without symbolic links */
async function examineFiles(
  found: readonly string[],
  known: ReadonlySet<string>,
  context: DoctorContext,
): Promise<{ findings: DoctorFinding[]; examined: Examined[] }> {
  const { read } = organisationFiles();
  const findings: DoctorFinding[] = [];
  const examined: Examined[] = [];
  const isOfInterest = (path: string) => /^\.sops\.ya?ml$/.test(basename(path)) || mayContain(path, doctorTexts);
  for await (const path of filesOfInterest(found, isOfInterest)) {
    let text: string;
    try {
      if (known.has(realpathSync(path))) continue;
      text = new TextDecoder().decode(await read(path));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const message = `${showPath(path)} cannot be checked: ${why}.`;
      findings.push({ topic: "files", rule: "files", level: "warning", message, file: path });
      continue;
    }
    const sample = { topic: "files", path, name: showPath(path), text, line: undefined, item: undefined } as const;
    const one = await examineSample(sample, context);
    examined.push(one);
    findings.push(...one.findings);
  }
  const count = (of: readonly Examined[], what: (one: Examined) => boolean) => of.filter(what).length;
  const encrypted = count(examined, (one) => one.encrypted);
  const opened = count(examined, (one) => one.opened);
  findings.unshift({
    topic: "files",
    rule: "files",
    level: "ok",
    message: `${found.length} file${found.length === 1 ? " was" : "s were"} looked at${known.size === 0 ? "" : ", besides those of the cluster"}: ${encrypted} encrypted, ${opened} of them decrypted as a test.`,
  });
  return { findings, examined };
}
