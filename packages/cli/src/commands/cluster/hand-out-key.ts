import { fstatSync } from "node:fs";
import { argocdKeyPath, getDecryption, type OrganisationOptions, shellWord, writing } from "@isosops/gitops";
import { encrypt } from "isosops";
import { writeFileAtomic } from "../../files/write-file.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { warn } from "../../terminal/messages.js";
import { showPath } from "../../terminal/show-path.js";
import { writeStdout } from "../../terminal/stdout.js";
import { clusterFiles, clusterPath } from "./cluster-files.js";

/**
 * Check that the cluster file enables decryption, so that the cluster should get the key. Throws `CommandError`.
 *
 * @param remove the command that takes the key from it
 */
export async function checkDecryption(path: string, remove: string): Promise<void> {
  const decryption = await getDecryption(clusterFiles(), path);
  const enable = `\`isosops cluster decryption enable -f ${shellWord(showPath(path))}\``;
  if (decryption === false) {
    throw new CommandError(
      exitCodes.generic,
      `Decryption is disabled for this cluster, so it gets no key. Enable it: ${enable}. To take the key from a cluster that has it: \`${remove}\`.`,
    );
  }
  if (decryption === undefined)
    warn(`${showPath(path)} does not say whether this cluster decrypts. Enable decryption: ${enable}.`);
}

/**
 * Refuse to write a private key to a terminal or a plain file, where it would persist. Throws `CommandError`.
 *
 * @param command what would show the key
 */
export function refuseToShow(command: string): void {
  if (!process.stdout.isTTY && !fstatSync(1).isFile()) return;
  throw new CommandError(
    exitCodes.generic,
    `The organisation's private key would be shown, or kept in plain text. Pipe it: \`${command} | kubectl apply --server-side --field-manager isosops -f -\`. To write a file in which it is encrypted, use --output.`,
  );
}

/** Write manifests with the private key to stdout, or to a file in which the key is encrypted for the organisation. */
export async function handOut(
  organisation: OrganisationOptions,
  output: string | undefined,
  manifests: string,
): Promise<void> {
  if (output === undefined) return writeStdout(manifests);
  const path = clusterPath(output);
  await writing(organisation, [path], async ({ current }) => {
    const select = [argocdKeyPath.map((key) => `[${JSON.stringify(key)}]`).join("")];
    const { text } = await encrypt(manifests, { format: "yaml", recipients: [current.recipient], select });
    await writeFileAtomic(path, text);
  });
}

/** Throws `CommandError` unless the text is a valid namespace name (RFC 1123, a label). */
export function checkNamespace(namespace: string | undefined): void {
  if (namespace === undefined || /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(namespace)) return;
  throw new CommandError(
    exitCodes.generic,
    `--namespace ${namespace}: a namespace has lower-case letters, digits and \`-\`, and no more than 63 of them.`,
  );
}
