import { fromText, startsWith, toText } from "./bytes.js";
import type { IdentityOptions } from "./identity-options.js";
import { identityToRecipient } from "./identity-to-recipient.js";
import { lazyRecipient } from "./lazy.js";
import { fileLines } from "./lines.js";
import { parseIdentities, parseIdentityLines } from "./parse-identity.js";
import { parseRecipient } from "./parse-recipient.js";
import { readPluginIdentity } from "./plugin/text.js";
import type { Recipient } from "./recipient.js";

/**
 * The recipients of the identities in an identity file, to encrypt to oneself, like `age -e -i`. A passphrase-encrypted
 * file asks for its passphrase at once. A plugin is passed its identity, and not every plugin can encrypt to one.
 *
 * @param file - Whatever {@link parseIdentities} accepts.
 * @throws {AgeError} Like {@link parseIdentities}, and `passphrase` if the file does not open.
 */
export async function identitiesToRecipients(
  file: string | Uint8Array,
  options: IdentityOptions = {},
): Promise<Recipient[]> {
  // Reports errors with their line.
  parseIdentities(file, options);
  const binary = typeof file !== "string" && startsWith(file, fromText("age-encryption"));
  const text = typeof file === "string" ? file : toText(file);
  if (binary || text.startsWith("-----BEGIN AGE")) {
    const { openIdentityFile } = await import("./on-demand.js");
    return recipientsOfLines(await openIdentityFile(binary ? file : text, options), options);
  }
  if (text.startsWith("-----BEGIN")) return [parseRecipient(await identityToRecipient(text, options))];
  return recipientsOfLines(text, options);
}

async function recipientsOfLines(text: string, options: IdentityOptions): Promise<Recipient[]> {
  parseIdentityLines(text, options);
  return Promise.all([...fileLines(text)].map(({ line }) => recipientOfLine(line, options)));
}

async function recipientOfLine(line: string, options: IdentityOptions): Promise<Recipient> {
  if (!line.startsWith("AGE-PLUGIN-")) return parseRecipient(await identityToRecipient(line));
  const name = readPluginIdentity(line);
  return lazyRecipient(async () => (await import("./on-demand.js")).pluginRecipient(name, line, options.pluginUi));
}
