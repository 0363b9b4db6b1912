import { GitError, git } from "@isosops/git/internal/repository/git";
import { shellWord } from "@isosops/gitops";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { showPath } from "../terminal/show-path.js";

const file = ".isosops/organisation.yaml";

/**
 * Refuse to go on without a repository's published keys where Git has them and the work tree does not, as in a sparse checkout:
 * an old copy of the keyring would then pass for the newest. Throws `CommandError`.
 */
export async function checkNotLeftOut(repository: string): Promise<void> {
  if (!(await printsAnything(repository, ["ls-files", "--", `:/${file}`]))) return;
  const isSparse = await printsAnything(repository, [
    "config",
    "--type=bool",
    "--get-regexp",
    "^core\\.sparsecheckout$",
    "true",
  ]);
  const inRepository = `git -C ${shellWord(repository)}`;
  const restore = isSparse ? `sparse-checkout add ${file.split("/")[0]}` : `checkout -- :/${file}`;
  const gone = isSparse ? "" : ` If it is to go: \`${inRepository} rm --cached :/${file}\`.`;
  throw new CommandError(
    exitCodes.readInput,
    `${showPath(`${repository}/${file}`)}: it is in Git, but not in the working folder${isSparse ? ", which is a sparse checkout" : ""}. Without it, an old copy of the keyring would not be noticed. Take it back: \`${inRepository} ${restore}\`.${gone}`,
  );
}

/** False also where Git fails, as without a repository or without Git. */
async function printsAnything(folder: string, args: readonly string[]): Promise<boolean> {
  try {
    return (await git(folder, args)).length > 0;
  } catch (error) {
    if (error instanceof GitError) return false;
    throw error;
  }
}
