import { shellWord } from "./shell-word.js";

/**
 * How to call Git for a file: the command, and the file for it, as words of a POSIX shell. The command works from any
 * folder, because the file may be in another repository than the working folder, or the latter in none.
 *
 * @param filename - As in messages: absolute, or relative to the working folder.
 */
export function gitCommand(filename: string | undefined): { readonly git: string; readonly file: string } {
  const slash = filename?.lastIndexOf("/") ?? -1;
  if (filename === undefined || slash === -1) return { git: "git", file: shellWord(filename) };
  const folder = filename.slice(0, slash) || "/";
  return { git: `git -C ${shellWord(folder)}`, file: shellWord(filename.slice(slash + 1)) };
}
