import { lintCluster } from "@isosops/gitops";
import { ruleForFile } from "@isosops/node/internal/config/config-file";
import { configFinder } from "../../../files/config-file.js";
import { knownOrganisation } from "../../../keyring/open-organisation.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { warn } from "../../../terminal/messages.js";
import { printableJson } from "../../../terminal/printable.js";
import { showPath } from "../../../terminal/show-path.js";
import { showPaths } from "../../../terminal/show-paths.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { clusterFiles, clusterPath } from "../cluster-files.js";
import type { ClusterLintFlags } from "./flags.js";
import { toText } from "./report.js";

/** `isosops cluster lint`. */
export async function lintCommand({ file, json = false }: ClusterLintFlags): Promise<void> {
  const path = clusterPath(file);
  const known = await knownOrganisation([path]);
  if (known?.problem !== undefined) warn(known.problem.message);
  if (known?.state?.enabled === false)
    warn("The organisation is disabled: what is marked is left in plain text. To change that: `isosops org enable`.");
  const found = await lintCluster(clusterFiles(), path, {
    recipient: known?.state?.current.recipient,
    previousRecipient: known?.state?.previous?.recipient,
    destroyed: known?.state?.destroyed,
    readersOf: await rulesReaders(path, known !== undefined),
  });
  const findings = found.map((finding) => ({
    ...finding,
    message: showPaths(finding.message, [finding.file, path]),
    file: showPath(finding.file),
  }));
  await writeStdout(json ? printableJson({ findings }) : toText(findings, showPath(path)));
  if (findings.length > 0) process.exitCode = exitCodes.findings;
}

/** The age recipients that the rules of `.sops.yaml` give a file. Undefined if an organisation is known. */
async function rulesReaders(
  clusterFile: string,
  isKnown: boolean,
): Promise<((path: string) => Promise<readonly string[]>) | undefined> {
  if (isKnown) return undefined;
  const configFor = configFinder(undefined);
  if ((await configFor(clusterFile)) === undefined) {
    warn(
      "There is no keyring here, and neither .isosops/organisation.yaml nor .sops.yaml tells whom files are to be encrypted for, so that is not looked at.",
    );
  }
  return async (path) => {
    const config = await configFor(path);
    const rule = config === undefined ? undefined : await ruleForFile(config, path);
    const keys = rule?.keyGroups.flat() ?? [];
    return keys.filter(({ type }) => type === "age").map(({ id }) => id);
  };
}
