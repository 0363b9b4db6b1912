/** The lines of an identity or recipient file that are neither empty nor comments. */
export function* fileLines(text: string): Generator<{ line: string; number: number }> {
  for (const [index, ended] of text.split("\n").entries()) {
    const line = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
    if (line !== "" && !line.startsWith("#")) yield { line, number: index + 1 };
  }
}
