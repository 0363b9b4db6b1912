/**
 * Splits a command into words as sops does (github.com/google/shlex): quotes group, a backslash outside of single quotes
 * makes the next character an ordinary one, a word that starts with `#` begins a comment. Variables, `~` and patterns
 * are not expanded.
 *
 * Throws an `Error` without the command, which may contain a password, if a quote is not closed.
 */
export function splitCommand(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < command.length; at++) {
    const character = command[at]!;
    if (quote === "'") {
      if (character === "'") quote = "";
      else word += character;
    } else if (character === "\\") {
      at++;
      if (at === command.length) throw new Error("the command ends with a backslash");
      word = `${word ?? ""}${command[at]}`;
    } else if (quote === '"') {
      if (character === '"') quote = "";
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (/[ \t\r\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "#" && word === undefined) {
      while (at + 1 < command.length && command[at] !== "\n") at++;
    } else {
      word = `${word ?? ""}${character}`;
    }
  }
  if (quote !== "") throw new Error("the command has a quote that is not closed");
  if (word !== undefined) words.push(word);
  return words;
}
