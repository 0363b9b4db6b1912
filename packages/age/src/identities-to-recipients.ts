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
 * The recipients that the identities of an identity file can open, to encrypt to oneself, as `age -e -i` does. Takes
 * what `parseIdentities` takes; an encrypted file has its passphrase asked for at once. Plugins are given the identity
 * itself, which not every plugin can encrypt to.
 *
 * @throws {AgeError}
 */
export async function identitiesToRecipients(
  file: string | Uint8Array,
  options: IdentityOptions = {},
): Promise<Recipient[]> {
  // Says what is wrong, and in which line.
  parseIdentities(file, options);
  const binary = typeof file !== "string" && startsWith(file, fromText("age-encryption"));
  const text = typeof file === "string" ? file : toText(file);
  if (binary || text.startsWith("-----BEGIN AGE")) {
    const { openIdentityFile } = await import("./encrypted-identities.js");
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
  return lazyRecipient(async () =>
    (await import("./plugin/recipient.js")).pluginRecipient(name, line, options.pluginUi),
  );
}
