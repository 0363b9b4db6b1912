import type { PluginUi } from "./plugin/ui.js";

/** What identities may need to know of the user, or of their files. */
export interface IdentityOptions {
  /**
   * Asked for the passphrase of an encrypted SSH key or identity file, once a file needs it. Identities that may ask
   * for something are tried after those that do not.
   */
  passphrase?: (() => string | Promise<string>) | undefined;
  /** The text of the `.pub` file of an SSH key that is encrypted in PEM form, which hides its public key. */
  publicKey?: string | undefined;
  /** How plugins talk to the user. Without it they are told that nobody answers. */
  pluginUi?: PluginUi | undefined;
}
