import { decodeBech32, encodeBech32 } from "../bech32.js";
import { AgeError } from "../error.js";

/*
 * Text encoding of plugin keys (age: plugin/encode.go; C2SP age-plugin.md, "Recipients and identities"). Separate from
 * the plugin protocol, which is loaded on demand.
 */

/**
 * The plugin name in `age1NAME1...`, in lower case.
 *
 * @throws {AgeError} `invalid_recipient`.
 */
export function readPluginRecipient(text: string): string {
  const prefix = text === text.toLowerCase() ? decodeBech32(text)?.prefix : undefined;
  const name = prefix?.startsWith("age1") ? prefix.slice("age1".length) : "";
  if (isPluginName(name)) return name;
  throw new AgeError(
    "invalid_recipient",
    "the recipient age1NAME1... is incomplete or has a typo (its checksum does not match); copy it again",
  );
}

/**
 * The plugin name in `AGE-PLUGIN-NAME-1...`, in lower case.
 *
 * @throws {AgeError} `invalid_identity`.
 */
export function readPluginIdentity(text: string): string {
  const prefix = text === text.toUpperCase() ? decodeBech32(text)?.prefix : undefined;
  const name = prefix === undefined ? undefined : /^age-plugin-(.*)-$/.exec(prefix)?.[1];
  if (name !== undefined && isPluginName(name)) return name;
  throw new AgeError(
    "invalid_identity",
    "the identity AGE-PLUGIN-... is incomplete or has a typo (its checksum does not match); " +
      "copy it again, in upper case",
  );
}

/**
 * Encodes an identity for a plugin, like `age -j NAME`. age: plugin/encode.go, `EncodeIdentity`.
 *
 * @param name - The plugin's name: letters, digits and `+ - . _`.
 * @param data - What the plugin stores in its identity. Default: nothing.
 * @returns `AGE-PLUGIN-NAME-1...`.
 * @throws {AgeError} `invalid_identity` if `name` is not a valid plugin name.
 */
export function pluginIdentityText(name: string, data: Uint8Array = new Uint8Array(0)): string {
  if (isPluginName(name)) return encodeBech32(`age-plugin-${name.toLowerCase()}-`, data).toUpperCase();
  throw new AgeError("invalid_identity", "a plugin name may only contain letters, digits and + - . _");
}

/** No path separators: the name becomes part of a file name. */
function isPluginName(name: string): boolean {
  return /^[A-Za-z0-9+._-]+$/.test(name);
}
