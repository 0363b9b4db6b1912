import { type ClusterFinding, lintCluster, shellWord, show } from "@isosops/gitops";
import { clusterFiles, clusterPath } from "../../cluster/cluster-files.js";
import { showPath } from "../../cluster/show-path.js";
import { exitCodes } from "../../exit-codes.js";
import type { ClusterLintFlags } from "../../flags/cluster.js";
import { openOrganisation } from "../../keyring/open-organisation.js";
import { colorsFor, harmless, harmlessJson, harmlessLines, warn } from "../../messages.js";
import { writeStdout } from "../../stdout.js";

/** `isosops cluster lint`. */
export async function lintCommand({ file, json = false }: ClusterLintFlags): Promise<void> {
  const path = clusterPath(file);
  const organisation = await show(await openOrganisation());
  if (organisation === undefined) warn("There is no keyring here, so whom files are encrypted for is not looked at.");
  else if (!organisation.enabled) warn("The organisation is disabled: what is marked is left in plain text.");
  const found = await lintCluster(clusterFiles(), path, organisation);
  const findings = found.map((finding) => ({
    ...finding,
    message: finding.message.replaceAll(shellWord(finding.file), shellWord(showPath(finding.file))),
    file: showPath(finding.file),
  }));
  await writeStdout(json ? harmlessJson({ findings }) : toText(findings, showPath(path)));
  if (findings.length > 0) process.exitCode = exitCodes.findings;
}

function toText(findings: readonly ClusterFinding[], path: string): string {
  const colors = colorsFor(process.stdout);
  const lines = findings.map(({ rule, message, kind, name, stack, file, line, column }) => {
    const place = line === undefined ? file : `${file}:${line}:${column}`;
    const item = kind === "stack" ? `stack ${name}` : `${kind} ${stack}/${name}`;
    const told = harmlessLines(message).replaceAll("\n", "\n  ");
    return `${harmless(place)}: ${colors.red(rule)}: ${harmless(item)}\n  ${told}`;
  });
  const count = findings.length;
  const summary =
    count === 0
      ? colors.green(`Nothing found in ${harmless(path)}.`)
      : colors.red(`${count} ${count === 1 ? "finding" : "findings"}.`);
  return `${[...lines, summary].join("\n")}\n`;
}
