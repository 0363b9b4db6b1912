import { decodeBech32, encodeBech32 } from "../bech32.js";
import { AgeError } from "../error.js";

/*
 * How keys of plugins are written (age: plugin/encode.go; C2SP age-plugin.md, "Recipients and identities"). Apart from
 * what talks with plugins, which is loaded when it is needed.
 */

/**
 * The name of the plugin that `age1NAME1...` is for, in lower case.
 *
 * @throws {AgeError} `invalid_recipient`.
 */
export function readPluginRecipient(text: string): string {
  const prefix = text === text.toLowerCase() ? decodeBech32(text)?.prefix : undefined;
  const name = prefix?.startsWith("age1") ? prefix.slice("age1".length) : "";
  if (isPluginName(name)) return name;
  throw new AgeError(
    "invalid_recipient",
    "the recipient age1NAME1... is not complete or has a wrong character (its checksum does not fit); copy it again",
  );
}

/**
 * The name of the plugin that `AGE-PLUGIN-NAME-1...` is for, in lower case.
 *
 * @throws {AgeError} `invalid_identity`.
 */
export function readPluginIdentity(text: string): string {
  const prefix = text === text.toUpperCase() ? decodeBech32(text)?.prefix : undefined;
  const name = prefix === undefined ? undefined : /^age-plugin-(.*)-$/.exec(prefix)?.[1];
  if (name !== undefined && isPluginName(name)) return name;
  throw new AgeError(
    "invalid_identity",
    "the identity AGE-PLUGIN-... is not complete or has a wrong character (its checksum does not fit); " +
      "copy it again, in upper case",
  );
}

/**
 * The identity `AGE-PLUGIN-NAME-1...` for a plugin that needs nothing but its name (`age -j NAME`), or that is told
 * `data`.
 *
 * @throws {AgeError} `invalid_identity` for what cannot be a plugin's name.
 */
export function pluginIdentityText(name: string, data: Uint8Array = new Uint8Array(0)): string {
  if (isPluginName(name)) return encodeBech32(`age-plugin-${name.toLowerCase()}-`, data).toUpperCase();
  throw new AgeError("invalid_identity", "a plugin's name has letters, digits and + - . _ only");
}

/** No separator of folders among them, since the name becomes part of a file's name. */
function isPluginName(name: string): boolean {
  return /^[A-Za-z0-9+._-]+$/.test(name);
}
