/** Quotes a word for a POSIX shell. Returns `FILE` for a file without a name. */
export function shellWord(word = "FILE"): string {
  if (/^[\w@%+=:,./][\w@%+=:,./-]*$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
