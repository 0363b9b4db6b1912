/** A word of a command line, as a shell of POSIX takes it; `FILE` for a file without a name. */
export function shellWord(word = "FILE"): string {
  if (/^[\w@%+=:,./][\w@%+=:,./-]*$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
