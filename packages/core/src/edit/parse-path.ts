import { SopsError } from "../errors.js";

/** A path from the top of a document: keys of mappings and 0-based indices of lists. */
export type Path = readonly (string | number)[];

/**
 * Parses a path in the syntax of the sops command: `["key"][0]['key']` (cmd/sops/main.go, `parseTreePath`). There are
 * no escapes: the text between the quotes is the key. Keys that contain `[`, which sops does not support, are accepted.
 *
 * @throws {SopsError} `invalid_path`.
 */
export function parsePath(text: string): Path {
  if (typeof text !== "string") throw new SopsError("invalid_path", 'A path must be a string, such as ["key"][0].');
  const path: (string | number)[] = [];
  for (let at = 0; at < text.length; ) {
    const component = readComponent(text, at);
    if (component === undefined) {
      throw new SopsError(
        "invalid_path",
        `The path is wrong from character ${at + 1} on. Write keys in quotes and list indices from 0 as numbers, each in brackets: ["key"][0]["key"].`,
      );
    }
    path.push(component.part);
    at = component.end;
  }
  return path;
}

function readComponent(text: string, at: number): { part: string | number; end: number } | undefined {
  if (text[at] !== "[") return undefined;
  const quote = text[at + 1];
  if (quote === '"' || quote === "'") {
    // A quote closes the key only if its bracket ends the component.
    for (let close = text.indexOf(`${quote}]`, at + 2); close !== -1; close = text.indexOf(`${quote}]`, close + 1)) {
      const end = close + 2;
      if (end === text.length || text[end] === "[") return { part: text.slice(at + 2, close), end };
    }
    return undefined;
  }
  const close = text.indexOf("]", at);
  const digits = text.slice(at + 1, close);
  if (close === -1 || !/^\+?\d{1,15}$/.test(digits)) return undefined;
  return { part: Number(digits), end: close + 1 };
}
