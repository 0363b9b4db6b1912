import type { AcceptAdded } from "@isosops/gitops";
import { printable } from "../../../terminal/printable.js";
import { askYes } from "../../../terminal/prompt.js";
import { showPath } from "../../../terminal/show-path.js";
import { hasTerminal } from "../../../terminal/tty.js";

/**
 * Accepts values that were added to an encrypted file by hand, if the flag is set or the user agrees on the terminal.
 */
export function acceptAddedBy(flag = false): AcceptAdded {
  const answers = new Map<string, boolean>();
  return async (added) => {
    if (flag) return true;
    if (!hasTerminal()) return false;
    // A retry after a concurrent change does not ask again.
    const key = JSON.stringify(added);
    const answer = answers.get(key) ?? (await askYes(question(added.name, added.paths)));
    answers.set(key, answer);
    return answer;
  };
}

function question(name: string, paths: readonly string[]): string {
  const list = paths.map((path) => `\n  ${printable(path)}`).join("");
  return `${showPath(name)}: added since the file was last sealed, so that its MAC does not vouch for it:${list}\n  Was it you who added that, and is it to be encrypted?`;
}
