/** Quotes a word for a POSIX shell. Returns `FILE` for a file without a name. */
export function shellWord(word = "FILE"): string {
  if (/^[\w@%+=:,./][\w@%+=:,./-]*$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** The same for a path as an argument: one that begins with `-` would be an option. */
export function shellPath(path?: string): string {
  return shellWord(path?.startsWith("-") === true ? `./${path}` : path);
}
