/** The blocks of a page of Markdown. */
export interface Block {
  /** The language: `console` for commands. */
  language: string;
  /** The file that the block is, if its fence names one: ` ```yaml secret.yaml `. */
  file: string | undefined;
  text: string;
}

export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(\S+)(?: (\S+))?\n((?:.*\n)*?)```$/gm)].map(([, language, file, text]) => ({
    language: language!,
    file,
    text: text!,
  }));
}

/** The files of a page, by their names. */
export function filesOf(page: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { file, text } of blocksOf(page)) if (file !== undefined) files[file] = text;
  return files;
}
