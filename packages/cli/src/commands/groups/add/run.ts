import type { Invocation } from "../../../flags/invocation.js";
import { flagKeys } from "../../../keys/given-keys.js";
import { checkKeys, warnOfUnused } from "../../../keys/recipients.js";
import { CommandError } from "../../../program/command-error.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { changeGroups } from "../change-groups.js";

/** `isosops groups add` (cmd/sops/subcommand/groups/add.go). */
export async function groupsAdd(invocation: Invocation & { readonly file: string }): Promise<void> {
  const { options } = invocation;
  const keys = flagKeys(options);
  warnOfUnused(options, keys);
  if (keys.length === 0) {
    throw new CommandError(
      exitCodes.generic,
      "The new group has no keys, and nobody could decrypt with it: give --age age1..., --pgp or another key.",
    );
  }
  await checkKeys(keys);
  const group = keys.map(({ key }) => key);
  const given = options.shamirSecretSharingThreshold || undefined;
  await changeGroups(
    invocation,
    ({ keyGroups, threshold }) => ({ keyGroups: [...keyGroups, group], threshold: given ?? threshold }),
    true,
  );
}
