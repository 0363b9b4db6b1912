import type { PluginUi } from "./plugin/ui.js";

/** What identities may need from the user. */
export interface IdentityOptions {
  /**
   * Called for the passphrase of an encrypted SSH key or identity file, when a file needs it. Identities that may ask
   * for something are tried last.
   */
  passphrase?: (() => string | Promise<string>) | undefined;
  /** The contents of the `.pub` file, for an SSH key encrypted in the PEM format, which hides the public key. */
  publicKey?: string | undefined;
  /** How plugins interact with the user. Without it, every request of a plugin fails. */
  pluginUi?: PluginUi | undefined;
}
