import { text as readAll } from "node:stream/consumers";
import { argocdKey, argocdSettings, argocdValues, findRepoServer, identities, type RepoServer } from "@isosops/gitops";
import { readFile } from "@isosops/node/internal/file-system/promises";
import { reasonOf } from "@isosops/node/internal/system-error";
import { writeFileAtomic } from "../../../files/write-file.js";
import { openNewest } from "../../../keyring/open-organisation.js";
import { CommandError } from "../../../program/command-error.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { warn } from "../../../terminal/messages.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { clusterPath } from "../cluster-files.js";
import { checkDecryption, checkNamespace, handOut, refuseToShow } from "../hand-out-key.js";
import type { ClusterArgocdFlags } from "./flags.js";

/** `isosops cluster argocd`. */
export async function argocdCommand(flags: ClusterArgocdFlags): Promise<void> {
  const { file, output, only, namespace, image, multiSource } = flags;
  checkNamespace(namespace);
  await checkDecryption(clusterPath(file), "kubectl -n argocd delete secret ankra-sops-age-key");
  const repoServer = flags.rendered === undefined ? undefined : await readRepoServer(flags.rendered);
  if (repoServer?.isChart === true) checkChart(only, repoServer);
  if (only === "values") return writePlain(output, await argocdValues({ image, multiSource }));
  const settings = only === "key" ? undefined : await argocdSettings({ repoServer, namespace, image, multiSource });
  if (only === "settings") return writePlain(output, settings!);
  if (output === undefined)
    refuseToShow(only === "key" ? "isosops cluster argocd --only key" : "isosops cluster argocd");
  const organisation = await openNewest([file]);
  const key = await argocdKey(await identities(organisation), namespace ?? repoServer?.namespace);
  await handOut(organisation, output, settings === undefined ? key : `${key}---\n${settings}`);
}

/** Throws `CommandError` for a file without a repo-server. */
async function readRepoServer(path: string): Promise<RepoServer> {
  const name = path === "-" ? "stdin" : path;
  let text: string;
  try {
    text = path === "-" ? await readAll(process.stdin) : await readFile(path, "utf8");
  } catch (error) {
    throw new CommandError(exitCodes.readInput, `${name}: the file cannot be read: ${reasonOf(error)}.`, error);
  }
  const found = await findRepoServer(text, name);
  if (found !== undefined) return found;
  throw new CommandError(
    exitCodes.generic,
    `${name}: there is no Deployment of Argo CD's repo-server in it. Give what was applied, or what the cluster has: \`kubectl get deployments --all-namespaces -o yaml | isosops cluster argocd --rendered - ...\`.`,
  );
}

/** Refuse, or warn, if Helm manages the Deployment: its next upgrade would revert the change. Throws `CommandError`. */
function checkChart(only: ClusterArgocdFlags["only"], { deployment }: RepoServer): void {
  const values = "`isosops cluster argocd --only values -o argocd-values.yaml`";
  if (only === "settings") {
    warn(`Helm installed ${deployment}, and its next upgrade may take these changes back. Give it values: ${values}.`);
  } else if (only === undefined) {
    throw new CommandError(
      exitCodes.generic,
      `Helm installed ${deployment}, so it gets the settings as values: ${values}, then \`helm upgrade\` with \`--values argocd-values.yaml\`. The key alone: \`isosops cluster argocd --only key\`.`,
    );
  }
}

async function writePlain(output: string | undefined, text: string): Promise<void> {
  if (output === undefined) await writeStdout(text);
  else await writeFileAtomic(output, text);
}
