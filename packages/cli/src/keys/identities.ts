import { type FoundIdentities, findIdentities as find } from "@isosops/node/internal/identities/find-identities";
import { withPlacesTried as addPlacesTried } from "@isosops/node/internal/identities/places-tried";
import { SopsError } from "isosops";
import { pluginUi } from "../terminal/plugin-ui.js";
import { askSecret } from "../terminal/prompt.js";

export type { FoundIdentities } from "@isosops/node/internal/identities/find-identities";

/**
 * The age identities of all places where sops looks. Passphrases, and requests of plugins, are prompts on the terminal.
 */
export function findIdentities(): Promise<FoundIdentities> {
  return find({ passphrase: askSecret, pluginUi });
}

/** What key services and gpg report. */
const ofService: ReadonlySet<string> = new Set([
  "credentials",
  "permission",
  "key_not_found",
  "key_disabled",
  "clock",
  "network",
  "unavailable",
  "service",
  "invalid_key",
]);

export function isOfService(code: string): boolean {
  return ofService.has(code);
}

/** Run `work`, and add the places that were tried to its error if no identity fits. */
export async function withPlacesTried<Result>(tried: readonly string[], work: () => Promise<Result>): Promise<Result> {
  try {
    return await addPlacesTried(tried, work);
  } catch (error) {
    if (error instanceof SopsError && error.code === "no_identities") {
      throw new SopsError(
        error.code,
        `${error.message} If you have no key yet: \`isosops age keygen -o keys.txt\` makes one; somebody who can decrypt the file then adds its public key to it.`,
        { cause: error },
      );
    }
    // The error of a file's only key. Of encryption, these have another exit code.
    if (!(error instanceof SopsError) || !ofService.has(error.code)) throw error;
    throw new SopsError("not_recovered", error.message, { cause: error });
  }
}
