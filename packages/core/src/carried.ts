import { SopsError } from "./errors.js";
import type { CompiledRule } from "./rule.js";
import type { Document } from "./store.js";
import { namedLines } from "./stray-text.js";
import type { Carried, Leaf } from "./tree.js";
import type { Warning } from "./warning.js";

/** What becomes of the texts that sops passes over. */
export interface CarriedReport {
  /** Whether the file is laid out anew, so that they are not in it. */
  readonly isLaidOutAnew: boolean;
  /**
   * @param encrypted whether it is encrypted where it stands
   * @throws `SopsError` (`unwritable`) for a value that goes on behind a comment sign and would be left there in plain text
   */
  add(carried: Carried, encrypted: boolean): void;
  /**
   * What is to be said of them.
   *
   * @throws {SopsError} `lossy` if some are lost, unless that is allowed.
   */
  finish(): Warning[];
}

export interface CarriedReportOptions {
  readonly rule: CompiledRule;
  readonly isLaidOutAnew: boolean;
  readonly allowLoss?: boolean | undefined;
}

export function createCarriedReport(
  { source }: Document,
  { rule, isLaidOutAnew, allowLoss = false }: CarriedReportOptions,
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
    const message = `What is written is without what sops does not read, and other programs may: ${what.join(", and ")}.`;
    if (allowLoss) return [{ code: "lossy", message }];
    throw new SopsError(
      "lossy",
      `${message} Keep the format and the layout \`preserve\`, which keeps it, or allow the loss (\`allowLoss\`, \`--allow-loss\`).`,
    );
  }

  function kept(): Warning[] {
    const warnings: Warning[] = [];
    if (tails.length > 0) {
      warnings.push({
        code: "cut_value",
        message: `On ${lines(tails)} sops reads a value up to a comment sign, and takes what is behind it for a comment, which the rule leaves plain. It was encrypted as well, since to other programs it may belong to the value; only isosops decrypts it. Put the value in back quotes, or a comment on a line of its own.`,
      });
    }
    if (values.length > 0) {
      warnings.push({
        code: "repeated_key",
        message: `Of a key that is repeated in its section sops reads the last value alone. The earlier ones (${lines(values)}) are kept, and come back where isosops decrypts the file, not where sops does.`,
      });
    }
    return warnings;
  }

  return {
    isLaidOutAnew,
    add({ kind, leaf }, encrypted) {
      // The value is there in any layout.
      if (kind === "spelling") return;
      if (kind === "comment") {
        if (encrypted) tails.push(leaf);
        // A rule by comments might go by the ciphertext.
        if (!encrypted || (!isLaidOutAnew && rule.tests !== "comments")) return;
        throw new SopsError(
          "unwritable",
          `sops reads the value up to a comment sign, and the comment that it makes of the rest would be left in plain text. Put a comment on a line of its own, or encrypt comments too${isLaidOutAnew ? ", or keep the format and the layout `preserve`" : ""}.`,
        );
      }
      if (kind === "value") values.push(leaf);
      // Comments are lost in other formats, too.
      else if (!/^[#;]/.test(leaf.text as string)) texts.push(leaf);
    },
    finish: () => (isLaidOutAnew ? lost() : kept()),
  };
}
