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

/**
 * Run `work`, and add the places that were tried to its error if no identity fits, or if none was found for one of several
 * keys.
 */
export async function withPlacesTried<Result>(tried: readonly string[], work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const places = tried.join("; ");
    if (/^no_(matching_)?identit/.test(error.code)) {
      throw new SopsError(error.code, `${error.message} Looked in: ${places}.`, { cause: error });
    }
    // The error of a file's only key. Of encryption, these have another exit code.
    if (ofService.has(error.code)) throw new SopsError("not_recovered", error.message, { cause: error });
    // A line of the keys that were tried.
    if (error.code === "not_recovered" && /^ +(?:age1|ssh-)/m.test(error.message)) {
      throw new SopsError(error.code, `${error.message}\n  Looked for identities of age in: ${places}.`, {
        cause: error,
      });
    }
    throw error;
  }
}
