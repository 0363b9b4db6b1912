import { SopsError } from "./errors.js";
import type { CompiledRule } from "./rule.js";
import type { Document } from "./store.js";
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
  finish(): Promise<Warning[]>;
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
    async finish() {
      if (values.length + texts.length + tails.length === 0) return [];
      const { lostCarried, keptCarried } = await import("./encrypt-on-demand.js");
      const carried = { source, values, texts, tails };
      return isReformatted ? lostCarried(carried, allowLoss) : keptCarried(carried);
    },
  };
}
