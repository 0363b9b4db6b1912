import {
  type Identity,
  identitiesToRecipients,
  identityToRecipient,
  parseIdentities,
  parseIdentity,
  parseRecipient,
  parseRecipients,
  pluginIdentityText,
  type Recipient,
} from "@isosops/age";
import { warn } from "../../terminal/messages.js";
import { pluginUi } from "../../terminal/plugin-ui.js";
import { withName } from "./failure.js";
import { identityOptions, isSshKey, type KeyFiles } from "./key-files.js";

/** The recipients of `-r`, `-R`, `-i` and `-j`. */
export async function readRecipients(
  texts: readonly string[],
  recipientFiles: readonly string[],
  identityFiles: readonly string[],
  plugins: readonly string[],
  files: KeyFiles,
): Promise<Recipient[]> {
  const recipients: Recipient[] = [];
  for (const text of texts) recipients.push(await withName("--recipient", () => parseRecipient(text, { pluginUi })));
  for (const path of recipientFiles) {
    const ignored = (line: number) =>
      warn(`${path}: line ${line} is an SSH key of a type that age cannot encrypt to: it was left out.`);
    const text = (await files.read(path)).toString();
    recipients.push(...(await withName(path, () => parseRecipients(text, { pluginUi, ignored }))));
  }
  for (const path of identityFiles) {
    const file = await files.read(path);
    const options = await identityOptions(path, isSshKey(file));
    recipients.push(...(await withName(path, () => identitiesToRecipients(new Uint8Array(file), options))));
  }
  for (const name of plugins) {
    const text = await withName("--plugin", () => pluginIdentityText(name));
    recipients.push(...(await withName("--plugin", () => identitiesToRecipients(text, { pluginUi }))));
  }
  return recipients;
}

/** The identities of `-i` and `-j`. */
export async function readIdentities(
  identityFiles: readonly string[],
  plugins: readonly string[],
  files: KeyFiles,
): Promise<Identity[]> {
  const identities: Identity[] = [];
  for (const path of identityFiles) {
    const file = await files.read(path);
    const ssh = isSshKey(file);
    const options = await identityOptions(path, ssh);
    // An unusable SSH key is an error even if another key fits (age: cmd/age/parse.go, `parseSSHIdentity`).
    if (ssh) await withName(path, () => identityToRecipient(file.toString(), options));
    identities.push(...(await withName(path, () => parseIdentities(new Uint8Array(file), options))));
  }
  for (const name of plugins) {
    identities.push(await withName("--plugin", () => parseIdentity(pluginIdentityText(name), { pluginUi })));
  }
  return identities;
}
