import { type Path, parsePath, SopsError } from "@isosops/core";
import { parseSelector } from "@isosops/core/select";

/** A value to set, and its path. */
export interface Assignment {
  /** Keys and 0-based list indices, from the root of the first document. */
  readonly path: Path;
  /** Always a string, even if it looks like a number. */
  readonly value: string;
}

/**
 * Parses an assignment: `stringData.password=hunter2`, or `["spec"]["hosts"][0]=a` with a path in the syntax of sops.
 * Everything after the first `=` is the value.
 *
 * @throws {SopsError} `invalid_path` if there is no valid path; the message does not contain the value.
 */
export function parseAssignment(text: string): Assignment {
  const isSopsPath = text.startsWith("[");
  const end = isSopsPath ? text.indexOf("]=") + 1 : text.indexOf("=");
  if (end <= 0) {
    throw new SopsError(
      "invalid_path",
      'A value is set by PATH=VALUE, such as stringData.password=hunter2 or ["hosts"][0]=a. There is no path followed by a `=`.',
    );
  }
  const path = text.slice(0, end);
  return { path: isSopsPath ? parsePath(path) : dottedPath(path), value: text.slice(end + 1) };
}

function dottedPath(text: string): Path {
  let problem: string;
  try {
    const { steps } = parseSelector(text);
    const keys = steps.flatMap((step) => (step.kind === "key" ? [step.name] : []));
    if (keys.length === steps.length) return keys;
    problem = `The path ${text} has a \`*\` in it, and a value is set in one place.`;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    problem = error.message.replace(/^The selector/, "The path");
  }
  throw new SopsError("invalid_path", `${problem} For an item of a list, write the path as sops does: ["hosts"][0]=a.`);
}
