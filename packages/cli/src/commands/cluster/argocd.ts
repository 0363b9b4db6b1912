import { fstatSync } from "node:fs";
import {
  argocdKey,
  argocdKeyPath,
  argocdSettings,
  getDecryption,
  identities,
  type OrganisationOptions,
  writing,
} from "@isosops/gitops";
import { encrypt } from "isosops";
import { clusterFiles, clusterPath } from "../../cluster/cluster-files.js";
import { showPath } from "../../cluster/show-path.js";
import { CommandError } from "../../command-error.js";
import { exitCodes } from "../../exit-codes.js";
import type { ClusterArgocdFlags } from "../../flags/cluster.js";
import { openOrganisation } from "../../keyring/open-organisation.js";
import { warn } from "../../messages.js";
import { writeStdout } from "../../stdout.js";
import { writeFileWhole } from "../../write-file.js";

/** `isosops cluster argocd`. */
export async function argocdCommand({ file, output }: ClusterArgocdFlags): Promise<void> {
  const path = clusterPath(file);
  await checkDecryption(path);
  if (output === undefined) refuseToKeep();
  const organisation = await openOrganisation();
  const manifests = `${await argocdKey(await identities(organisation))}---\n${argocdSettings}`;
  if (output === undefined) await writeStdout(manifests);
  else await writeEncrypted(organisation, output, manifests);
}

async function checkDecryption(path: string): Promise<void> {
  const decryption = await getDecryption(clusterFiles(), path);
  const enable = `\`isosops cluster decryption enable -f ${showPath(path)}\``;
  if (decryption === false) {
    throw new CommandError(
      exitCodes.generic,
      `Decryption is disabled for this cluster, so it gets no key. Enable it: ${enable}. To take the key from a cluster that has it: \`kubectl -n argocd delete secret ankra-sops-age-key\`.`,
    );
  }
  if (decryption === undefined) warn(`${showPath(path)} does not say that this cluster decrypts. Say so: ${enable}.`);
}

/** Private keys are for a pipe: neither a file nor what a terminal has shown is forgotten. Throws `CommandError`. */
function refuseToKeep(): void {
  if (!process.stdout.isTTY && !fstatSync(1).isFile()) return;
  throw new CommandError(
    exitCodes.generic,
    "The organisation's private key would be shown, or kept in plain text. Pipe it: `isosops cluster argocd | kubectl apply --server-side --field-manager isosops -f -`. For a file in which it is encrypted, take --output.",
  );
}

async function writeEncrypted(organisation: OrganisationOptions, output: string, manifests: string): Promise<void> {
  const path = clusterPath(output);
  await writing(organisation, [path], async ({ current }) => {
    const select = [argocdKeyPath.map((key) => `[${JSON.stringify(key)}]`).join("")];
    const { text } = await encrypt(manifests, { format: "yaml", recipients: [current.recipient], select });
    await writeFileWhole(path, text);
  });
}
