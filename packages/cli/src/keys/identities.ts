import { type FoundIdentities, findIdentities as find } from "@isosops/node/internal/identities/find-identities";
import { withPlacesTried as addPlacesTried } from "@isosops/node/internal/identities/places-tried";
import { type ErrorCode, SopsError } from "isosops";
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

/** A file that could not be decrypted, with the places where age identities were looked for. Its name is `SopsError`. */
class NotDecrypted extends SopsError {
  readonly tried: readonly string[];

  constructor(code: ErrorCode, message: string, tried: readonly string[], cause: SopsError) {
    super(code, message, { cause });
    this.tried = tried;
  }
}

/** Run `work`, and add the places that were tried to its error if no identity fits. */
export async function withPlacesTried<Result>(tried: readonly string[], work: () => Promise<Result>): Promise<Result> {
  try {
    return await addPlacesTried(tried, work);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const { code, message } = error;
    if (code === "no_identities") {
      const advice =
        "If you have no key yet: `isosops age keygen -o keys.txt` makes one; somebody who can decrypt the file then adds its public key to it.";
      throw new NotDecrypted(code, `${message} ${advice}`, tried, error);
    }
    // Of several keys, some may be of age.
    if (code === "no_matching_identity" || (code === "not_recovered" && /^ +(?:age1|ssh-)/m.test(message))) {
      throw new NotDecrypted(code, message, tried, error);
    }
    // The error of a file's only key. Of encryption, these have another exit code.
    if (ofService.has(code)) throw new SopsError("not_recovered", message, { cause: error });
    throw error;
  }
}
