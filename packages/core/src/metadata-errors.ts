/** What is said of blocks with a version or time that sops does not write. Loaded on demand. */
import { SopsError } from "./errors.js";

/** A warning. */
export const noVersion =
  "The `sops` block has no `version`, as in files of rops, so sops rejects the file. Add a `version` such as 3.13.3: the MAC does not cover it.";

/** A warning. */
export const unquotedTime =
  "`lastmodified` in the `sops` block has no quotes, so sops 3.13 and later reject the file. Put it in double quotes.";

export function notAVersion(): SopsError {
  return new SopsError(
    "metadata",
    "`version` in the file's `sops` block is not a version of sops, so sops rejects the file, too. Restore the file from version control, or set it to `3.13.3`: the MAC does not cover it.",
  );
}
