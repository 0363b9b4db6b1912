import { placeOf } from "./error-at.js";
import type { Place } from "./tree.js";

/** What a warning is about, by a name that stays the same from version to version. */
export type WarningCode =
  /** Text of the source that belongs to nothing is not in the output, as sops drops it. */
  | "stray_text"
  /** The `sops` block has no `version`, as with the files of rops: sops refuses the file. */
  | "no_version"
  /** `lastmodified` is written so that some or all versions of sops refuse the file. */
  | "lastmodified"
  /** A comment looks encrypted, should be by the file's rule, and does not decrypt; it stays as it is. */
  | "unreadable_comment"
  /** A comment is in plain text that should be encrypted by the file's rule. */
  | "plain_comment"
  /** Lines end with a carriage return that was put there after encryption: it is not read, and sops refuses the file. */
  | "carriage_returns"
  /** What sops does not read and other programs may is not in the output, as was allowed. */
  | "lossy"
  /** sops reads a value up to a comment sign; what stands behind it was encrypted with it. */
  | "cut_value"
  /** sops reads the last value alone of a key that is repeated. */
  | "repeated_key"
  /** An alias repeats an encrypted value where the rule leaves it plain. */
  | "plain_alias";

/** Something to know of a result that is given out all the same. */
export interface Warning {
  readonly code: WarningCode;
  /** What it is and what to do. Never holds a plaintext, a key or a part of either. */
  readonly message: string;
  /** Keys from the top of the document, list indices left out. */
  readonly path?: readonly string[];
  /** 1-based, in the source. */
  readonly line?: number;
}

/** Gathers the warnings about one source. */
export interface Warnings {
  readonly list: Warning[];
  /** `place`: what it is about; the line on which that begins is told with it. */
  add(code: WarningCode, message: string, place?: Place | undefined): void;
}

/** @param known those that are there from the start */
export function createWarnings(source: string, known: readonly Warning[] = []): Warnings {
  const list = [...known];
  return {
    list,
    add(code, message, place) {
      const line = place === undefined || place.start < 0 ? undefined : placeOf(source, place.start).line;
      list.push({ code, message, ...(line === undefined ? {} : { line }) });
    },
  };
}
