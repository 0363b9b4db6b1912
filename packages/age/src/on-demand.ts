/**
 * The code of what most files do not need, loaded on first use. It is one module, because a bundler that splits the code at
 * each of several would also cut what every file needs into many small files. It imports the index for the same reason: esbuild
 * makes one file of the modules that the same entries lead to.
 */
export { encryptedIdentities, openIdentityFile } from "./encrypted-identities.js";
export { incompatible, noMatch } from "./file-key-errors.js";
export { hybridIdentity, hybridSeedToRecipient } from "./hybrid/identity.js";
export { hybridRecipient } from "./hybrid/recipient.js";
export { AgeError } from "./index.js";
export { pluginIdentity } from "./plugin/identity.js";
export { pluginRecipient } from "./plugin/recipient.js";
export { importSecretKeySync } from "./primitives/x25519-sync.js";
export { sshIdentity, sshKeyFileToRecipient } from "./ssh/identity.js";
export { sshRecipient } from "./ssh/recipient.js";
export { tagRecipient } from "./tag/recipient.js";
