import { type Path, parsePath, SopsError } from "@isosops/core";
import { parseSelector } from "@isosops/core/select";

/** A value, and where it is to stand. */
export interface Assignment {
  /** Keys and 0-based list indices, from the top of the (first) document. */
  readonly path: Path;
  /** Text, whatever it looks like. */
  readonly value: string;
}

/**
 * Read an assignment: `stringData.password=hunter2`, or `["spec"]["hosts"][0]=a` with the path as sops has it. What
 * stands behind the first `=` is the value as it is.
 *
 * @throws {SopsError} `invalid_path`, which does not show the value.
 */
export function parseAssignment(text: string): Assignment {
  const isSopsPath = text.startsWith("[");
  const end = isSopsPath ? text.indexOf("]=") + 1 : text.indexOf("=");
  if (end <= 0) {
    throw new SopsError(
      "invalid_path",
      'A value is set by PATH=VALUE, such as stringData.password=hunter2 or ["hosts"][0]=a. There is no path with a `=` behind it.',
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
