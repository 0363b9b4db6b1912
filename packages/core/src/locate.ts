import { SopsError, showPath } from "./errors.js";
import type { Place } from "./tree.js";

/** Where a walk stands, for the error it may end in. */
export interface Position {
  /** Keys down to the value. */
  readonly path: string[];
  /** The value or comment being visited. */
  place: Place | undefined;
}

/** Run a walk; an error about a value says the path and the line at which the walk stood. */
export function withPosition(source: string, position: Position, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof SopsError) || error.path !== undefined) throw error;
    const path = [...position.path];
    const start = position.place?.start ?? -1;
    const line = start === -1 ? undefined : lineAt(source, start);
    const where = line === undefined ? showPath(path) : `${showPath(path)} (line ${line})`;
    throw new SopsError(error.code, `${where}: ${error.message}`, {
      path,
      ...(line === undefined ? {} : { line }),
      cause: error,
    });
  }
}

/** The 1-based line that an offset of the source is on. */
function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let at = source.indexOf("\n"); at !== -1 && at < offset; at = source.indexOf("\n", at + 1)) line++;
  return line;
}
