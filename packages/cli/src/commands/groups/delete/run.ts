import type { Invocation } from "../../../flags/invocation.js";
import { CommandError } from "../../../program/command-error.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { plural } from "../../../terminal/plural.js";
import { changeGroups } from "../change-groups.js";

/** `isosops groups delete` (cmd/sops/subcommand/groups/delete.go). */
export async function groupsDelete(invocation: Invocation & { readonly file: string }, index: number): Promise<void> {
  const { file, options } = invocation;
  await changeGroups(
    invocation,
    ({ keyGroups, threshold: before = keyGroups.length }) => {
      const left = keyGroups.filter((_, at) => at !== index);
      const threshold = options.shamirSecretSharingThreshold || before;
      if (left.length === keyGroups.length) {
        throw refuse(`${file}: there is no group ${index}: the file has ${plural(left.length, "group")}, from 0.`);
      }
      if (left.length === 0) throw refuse(`${file}: this is its only group, and nobody could decrypt the file.`);
      if (left.length < threshold) {
        throw refuse(
          `${file}: removing this key group will make the Shamir threshold impossible to satisfy: Shamir threshold is ${threshold}, but we only have ${left.length} key groups. Give --shamir-secret-sharing-threshold ${left.length}.`,
        );
      }
      return { keyGroups: left, threshold };
    },
    false,
  );
}

function refuse(message: string): CommandError {
  return new CommandError(exitCodes.generic, message);
}
