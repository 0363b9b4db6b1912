import type { Warning } from "./warning.js";

/** The warning about aliases on these lines, of which there is at least one. */
export function plainAlias(lines: readonly number[]): Warning {
  const subject = lines.length === 1 ? "This alias repeats" : `${lines.length} aliases, this one first, repeat`;
  const message = `${subject} an encrypted value in a place that the rule leaves in plain text: the secret stays readable there. Select that place, too, or remove the alias.`;
  return { code: "plain_alias", message, line: lines[0]! };
}
