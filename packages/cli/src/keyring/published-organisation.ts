import { identityToRecipient } from "@isosops/age";
import { GitopsError, memoryStorage, type OrganisationOptions, publishedState } from "@isosops/gitops";
import { findIdentities } from "../keys/identities.js";
import type { PublishedFile } from "./published-file.js";

/**
 * The organisation that a repository publishes, without its keyring. That is enough to encrypt plain files. To change
 * encrypted ones, its private key must be where sops looks for keys.
 */
export function publishedOrganisation({ name, history }: PublishedFile): OrganisationOptions {
  return {
    storage: memoryStorage(publishedState(history)),
    actor: "",
    protector: {
      protection: { type: "none" },
      seal: async (identity) => identity,
      async open(recipient) {
        for (const identity of (await findIdentities()).identities) {
          if (typeof identity === "string" && (await identityToRecipient(identity)) === recipient) return identity;
        }
        throw new GitopsError(
          "locked",
          `There is no keyring here. ${name} tells for whom to encrypt, which is enough for what is in plain text; to change what is encrypted takes the private key of ${recipient}. Give it where sops looks for keys, such as SOPS_AGE_KEY_FILE, or get the keyring from a colleague: \`isosops org export --for YOUR_AGE_PUBLIC_KEY\` there, then here \`isosops org join FILE\`.`,
        );
      },
    },
  };
}
