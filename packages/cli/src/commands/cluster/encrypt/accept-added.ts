import type { AcceptAdded } from "@isosops/gitops";
import { harmless } from "../../../terminal/messages.js";
import { askYes, hasTerminal } from "../../../terminal/prompt.js";
import { showPath } from "../../../terminal/show-path.js";

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
  const list = paths.map((path) => `\n  ${harmless(path)}`).join("");
  return `${showPath(name)}: added since the file was last sealed, so that its MAC does not vouch for it:${list}\n  Was it you who added that, and is it to be encrypted?`;
}
