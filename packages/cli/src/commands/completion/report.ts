import { writeStdout } from "../../terminal/stdout.js";

/** A word that a shell can complete to. */
export interface Word {
  readonly word: string;
  readonly description?: string;
}

/** One a line, with a tab before the description. */
export function reportWords(words: readonly Word[]): Promise<void> {
  return writeStdout(
    words.map(({ word, description }) => `${word}${description ? `\t${description}` : ""}\n`).join(""),
  );
}
