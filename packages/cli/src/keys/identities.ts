import { type FoundIdentities, findIdentities as find } from "@isosops/node/internal/identities/find-identities";
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

/** Run `work`, and add the places that were tried to its error if no identity fits. */
export async function withPlacesTried<Result>(tried: readonly string[], work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SopsError) || !/^no_(matching_)?identit/.test(error.code)) throw error;
    throw new SopsError(error.code, `${error.message} Looked in: ${tried.join("; ")}.`, { cause: error });
  }
}
