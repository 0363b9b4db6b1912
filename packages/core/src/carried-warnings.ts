/** What is said of text that sops ignores. Loaded on demand, for files that have some. */
import { SopsError } from "./errors.js";
import { namedLines } from "./stray-text-lines.js";
import type { Leaf } from "./tree.js";
import type { Warning } from "./warning.js";

/** Text that sops ignores, by kind. */
export interface CarriedTexts {
  readonly source: string;
  /** Earlier values of repeated keys. */
  readonly values: readonly Leaf[];
  readonly texts: readonly Leaf[];
  /** What follows a comment sign within a value. */
  readonly tails: readonly Leaf[];
}

function lines(source: string, leaves: readonly Leaf[]): string {
  return namedLines(
    source,
    [...leaves].sort((a, b) => a.start - b.start),
  );
}

/**
 * Warnings about what reformatting drops.
 *
 * @throws {SopsError} `lossy` if that is not allowed.
 */
export function lostCarried({ source, values, texts }: CarriedTexts, allowLoss: boolean): Warning[] {
  if (values.length + texts.length === 0) return [];
  const what = [
    ...(values.length === 0 ? [] : [`earlier values of a repeated key (${lines(source, values)})`]),
    ...(texts.length === 0 ? [] : [`text beside keys and values (${lines(source, texts)})`]),
  ];
  const message = `The output lacks text that sops ignores but other programs may read: ${what.join(", and ")}.`;
  if (allowLoss) return [{ code: "lossy", message }];
  throw new SopsError(
    "lossy",
    `${message} Keep the format and the layout \`preserve\`, which keep it, or allow the loss (\`allowLoss\`, \`--allow-loss\`).`,
  );
}

/** Warnings about what is kept. */
export function keptCarried({ source, values, tails }: CarriedTexts): Warning[] {
  const warnings: Warning[] = [];
  if (tails.length > 0) {
    warnings.push({
      code: "cut_value",
      message: `On ${lines(source, tails)} sops reads a value up to a comment sign, and treats the rest as a comment, which the rule leaves in plain text. The rest was encrypted as well, because other programs may read it as part of the value; only isosops decrypts it. Put the value in back quotes, or a comment on a line of its own.`,
    });
  }
  if (values.length > 0) {
    warnings.push({
      code: "repeated_key",
      message: `sops reads only the last value of a key that is repeated in its section. The earlier ones (${lines(source, values)}) are kept, and restored when isosops decrypts the file, but not when sops does.`,
    });
  }
  return warnings;
}
