/** What a warning is about, by a name that stays the same from version to version. */
export type WarningCode =
  /** Text of the source that belongs to nothing is not in the output, as sops drops it. */
  "stray_text";

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
