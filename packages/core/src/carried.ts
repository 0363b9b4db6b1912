import { SopsError } from "./errors.js";
import type { CompiledRule } from "./rule.js";
import type { Document } from "./store.js";
import { namedLines } from "./stray-text.js";
import type { Carried, Leaf } from "./tree.js";
import type { Warning } from "./warning.js";

/** Tracks what happens to text that sops ignores. */
export interface CarriedReport {
  /** Whether the file is reformatted, which drops these texts. */
  readonly isReformatted: boolean;
  /**
   * @param encrypted - Whether the text is encrypted in place.
   * @throws {SopsError} `unwritable` if a value continues after a comment sign and the rest would stay in plain text.
   */
  add(carried: Carried, encrypted: boolean): void;
  /**
   * Returns the warnings.
   *
   * @throws {SopsError} `lossy` if texts are lost and that is not allowed.
   */
  finish(): Warning[];
}

export interface CarriedReportOptions {
  readonly rule: CompiledRule;
  readonly isReformatted: boolean;
  readonly allowLoss?: boolean | undefined;
}

export function createCarriedReport(
  { source }: Document,
  { rule, isReformatted, allowLoss = false }: CarriedReportOptions,
): CarriedReport {
  const values: Leaf[] = [];
  const texts: Leaf[] = [];
  const tails: Leaf[] = [];
  const lines = (leaves: readonly Leaf[]) =>
    namedLines(
      source,
      [...leaves].sort((a, b) => a.start - b.start),
    );

  function lost(): Warning[] {
    if (values.length + texts.length === 0) return [];
    const what = [
      ...(values.length === 0 ? [] : [`earlier values of a repeated key (${lines(values)})`]),
      ...(texts.length === 0 ? [] : [`text beside keys and values (${lines(texts)})`]),
    ];
    const message = `The output lacks text that sops ignores but other programs may read: ${what.join(", and ")}.`;
    if (allowLoss) return [{ code: "lossy", message }];
    throw new SopsError(
      "lossy",
      `${message} Keep the format and the layout \`preserve\`, which keep it, or allow the loss (\`allowLoss\`, \`--allow-loss\`).`,
    );
  }

  function kept(): Warning[] {
    const warnings: Warning[] = [];
    if (tails.length > 0) {
      warnings.push({
        code: "cut_value",
        message: `On ${lines(tails)} sops reads a value up to a comment sign, and treats the rest as a comment, which the rule leaves in plain text. The rest was encrypted as well, because other programs may read it as part of the value; only isosops decrypts it. Put the value in back quotes, or a comment on a line of its own.`,
      });
    }
    if (values.length > 0) {
      warnings.push({
        code: "repeated_key",
        message: `sops reads only the last value of a key that is repeated in its section. The earlier ones (${lines(values)}) are kept, and restored when isosops decrypts the file, but not when sops does.`,
      });
    }
    return warnings;
  }

  return {
    isReformatted,
    add({ kind, leaf }, encrypted) {
      // The value itself is kept in any layout.
      if (kind === "spelling") return;
      if (kind === "comment") {
        if (encrypted) tails.push(leaf);
        // A comment rule could match the ciphertext.
        if (!encrypted || (!isReformatted && rule.tests !== "comments")) return;
        throw new SopsError(
          "unwritable",
          `sops reads the value up to a comment sign, and the rest, a comment to sops, would stay in plain text. Put a comment on a line of its own, or encrypt comments too${isReformatted ? ", or keep the format and the layout `preserve`" : ""}.`,
        );
      }
      if (kind === "value") values.push(leaf);
      // Other formats lose comments as well.
      else if (!/^[#;]/.test(leaf.text as string)) texts.push(leaf);
    },
    finish: () => (isReformatted ? lost() : kept()),
  };
}
