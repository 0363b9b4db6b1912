import { placeOf } from "./error-at.js";
import { SopsError, showPath } from "./errors.js";
import { limited } from "./too-large.js";
import type { Place } from "./tree.js";

/** The current position of a walk, for errors. */
export interface Position {
  /** The keys on the path to the value. */
  readonly path: string[];
  /** The value or comment being visited. */
  place: Place | undefined;
}

/** Runs a walk. Errors about a value get its path, line and column. */
export function withPosition(source: string, position: Position, run: () => void): void {
  try {
    limited(run);
  } catch (error) {
    if (!(error instanceof SopsError) || error.path !== undefined) throw error;
    const path = [...position.path];
    const start = position.place?.start ?? -1;
    const place = start === -1 ? undefined : placeOf(source, start);
    const where = place === undefined ? showPath(path) : `${showPath(path)} (line ${place.line})`;
    throw new SopsError(error.code, `${where}: ${error.message}`, {
      path,
      ...(place === undefined ? {} : { line: place.line, column: place.column }),
      cause: error,
    });
  }
}
