import { placeOf } from "./error-at.js";
import type { Place } from "./tree.js";

/** What a warning is about. Codes are stable across versions. */
export type WarningCode =
  /** The output lacks text that belongs to nothing. sops drops it, too. */
  | "stray_text"
  /** The `sops` block has no `version`, as in files of rops. sops rejects the file. */
  | "no_version"
  /** Some or all versions of sops reject the file because of how `lastmodified` is written. */
  | "lastmodified"
  /** A comment looks encrypted, and the file's rule encrypts it, but it does not decrypt. It is left as it is. */
  | "unreadable_comment"
  /** A comment is in plain text although the file's rule encrypts it. */
  | "plain_comment"
  /** Lines end with a carriage return that was added after encryption. It is ignored, and sops rejects the file. */
  | "carriage_returns"
  /** The output lacks text that sops ignores but other programs may read. This was allowed. */
  | "lossy"
  /** sops reads a value up to a comment sign. The text after it was encrypted, too. */
  | "cut_value"
  /** A key is repeated, and sops only reads its last value. */
  | "repeated_key"
  /** An alias repeats an encrypted value in plain text. */
  | "plain_alias"
  /** A value that was encrypted before an edit is in plain text after it. */
  | "exposed"
  /** A key that got the new data key was added to the file more than six months ago. */
  | "old_key"
  /** A merge kept a rule that encrypts more than that of the sides together. */
  | "rule"
  /** A merge had to be reformatted as by sops. */
  | "reformatted";

/** A warning about a result. */
export interface Warning {
  readonly code: WarningCode;
  /** What is unusual and what to do. Never contains a plaintext or a key. */
  readonly message: string;
  /** Keys from the top of the document, without list indices. */
  readonly path?: readonly string[];
  /** 1-based, in the source. */
  readonly line?: number;
}

/** Collects the warnings about a source. */
export interface Warnings {
  readonly list: Warning[];
  /** Adds a warning, with the line of `place`, if given. */
  add(code: WarningCode, message: string, place?: Place | undefined): void;
}

/** @param known - Initial warnings. */
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
