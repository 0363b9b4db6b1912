import { text as readAll } from "node:stream/consumers";
import {
  argocdKey,
  argocdNamespace,
  argocdSettings,
  argocdValues,
  clusterFlag,
  findRepoServer,
  identities,
  type RepoServer,
  shellWord,
} from "@isosops/gitops";
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
  const repoServer = flags.rendered === undefined ? undefined : await readRepoServer(flags.rendered);
  const keyNamespace = namespace ?? repoServer?.namespace;
  const remove = `kubectl -n ${shellWord(keyNamespace ?? argocdNamespace)} delete secret ankra-sops-age-key`;
  await checkDecryption(clusterPath(file), remove);
  if (repoServer?.isChart === true) checkChart(flags, repoServer);
  if (only === "values") return writePlain(output, await argocdValues({ image, multiSource }));
  const settings = only === "key" ? undefined : await argocdSettings({ repoServer, namespace, image, multiSource });
  if (only === "settings") return writePlain(output, settings!);
  if (output === undefined) refuseToShow(commandLine(only, flags, keyNamespace));
  const organisation = await openNewest([file]);
  const key = await argocdKey(await identities(organisation), keyNamespace);
  await handOut(organisation, output, settings === undefined ? key : `${key}---\n${settings}`);
}

/**
 * The command for a part, with those of the flags that it takes, as words of a shell.
 *
 * @param keyNamespace where the Secret goes, which is all that it takes from `--rendered`
 */
function commandLine(only: ClusterArgocdFlags["only"], flags: ClusterArgocdFlags, keyNamespace?: string): string {
  const { file, rendered, image, multiSource = false } = flags;
  const namespace = only === "key" ? keyNamespace : flags.namespace;
  const words = ["isosops cluster argocd"];
  if (only !== undefined) words.push("--only", only);
  if (only === undefined && rendered !== undefined) words.push("--rendered", shellWord(rendered));
  if (only !== "values" && namespace !== undefined) words.push("--namespace", shellWord(namespace));
  if (only !== "key" && image !== undefined) words.push("--image", shellWord(image));
  if (only !== "key" && multiSource) words.push("--multi-source");
  return words.join(" ") + clusterFlag(file);
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
function checkChart(flags: ClusterArgocdFlags, { deployment, namespace }: RepoServer): void {
  const values = `\`${commandLine("values", flags)} -o argocd-values.yaml\``;
  if (flags.only === "settings") {
    warn(`Helm installed ${deployment}, and its next upgrade may take these changes back. Give it values: ${values}.`);
  } else if (flags.only === undefined) {
    const key = commandLine("key", flags, flags.namespace ?? namespace);
    throw new CommandError(
      exitCodes.generic,
      `Helm installed ${deployment}, so it gets the settings as values: ${values}, then \`helm upgrade\` with \`--values argocd-values.yaml\`. The key alone: \`${key}\`.`,
    );
  }
}

async function writePlain(output: string | undefined, text: string): Promise<void> {
  if (output === undefined) await writeStdout(text);
  else await writeFileAtomic(output, text);
}
