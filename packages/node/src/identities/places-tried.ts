import { SopsError } from "@isosops/core/errors";

/**
 * Run `work`, and add the places that were tried to its error if no identity fits, or if none was found for one of several
 * keys.
 *
 * @param tried empty where the caller has given the keys
 */
export async function withPlacesTried<Result>(tried: readonly string[], work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SopsError) || tried.length === 0) throw error;
    const places = tried.join("; ");
    if (/^no_(matching_)?identit/.test(error.code)) {
      throw new SopsError(error.code, `${error.message} Looked in: ${places}.`, { cause: error });
    }
    // A line of the keys that were tried.
    if (error.code === "not_recovered" && /^ +(?:age1|ssh-)/m.test(error.message)) {
      throw new SopsError(error.code, `${error.message}\n  Looked for identities of age in: ${places}.`, {
        cause: error,
      });
    }
    throw error;
  }
}
