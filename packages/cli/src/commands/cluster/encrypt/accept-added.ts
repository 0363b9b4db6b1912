import type { AcceptAdded } from "@isosops/gitops";
import { printable } from "../../../terminal/printable.js";
import { askYes } from "../../../terminal/prompt.js";
import { showPath } from "../../../terminal/show-path.js";
import { hasTerminal } from "../../../terminal/tty.js";

/** Accepts values that were added to an encrypted file where a flag or a person at the terminal says so. */
export function addedAccepter(flag = false): AcceptAdded {
  const answers = new Map<string, boolean>();
  return async (added) => {
    if (flag) return true;
    if (!hasTerminal()) return false;
    // What is done again, since a file has changed meanwhile, is not asked again.
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
