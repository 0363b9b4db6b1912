/** The blocks of a page of Markdown. */
export interface Block {
  /** The number of the line of its fence. */
  line: number;
  /** The language: `console` for commands. */
  language: string;
  /** The file that the block is, if its fence names one: ` ```yaml secret.yaml `. */
  file: string | undefined;
  text: string;
}

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  const lines = page.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const [, language, file] = /^```(\S+)(?: (\S+))?$/.exec(lines[at]!) ?? [];
    if (language === undefined) continue;
    const end = lines.indexOf("```", at);
    if (end === -1) throw new Error(`line ${at + 1}: the block has no end`);
    const text = lines.slice(at + 1, end).map((line) => `${line}\n`);
    blocks.push({ line: at + 1, language, file, text: text.join("") });
    at = end;
  }
  return blocks;
}

/** The files of a page, by their names. */
export function filesOf(page: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { file, text } of blocksOf(page)) if (file !== undefined) files[file] = text;
  return files;
}
