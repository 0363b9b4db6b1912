import { type Choice, type OpenConflict, showPath, type VersionDifference } from "isosops";
import { printable, printableLines } from "../../../terminal/printable.js";
import { ask } from "../../../terminal/prompt.js";
import { tellTerminal } from "../../../terminal/tty.js";

type Value = NonNullable<VersionDifference["ours"]>;

/** Shows each conflict on the terminal, in plain text, and asks what to take. Throws `CommandError` without a terminal. */
export async function askChoices(
  file: string,
  conflicts: readonly OpenConflict[],
): Promise<{ readonly choices: readonly Choice[]; readonly isEdited: boolean }> {
  const choices: Choice[] = [];
  let isEdited = false;
  for (const [index, conflict] of conflicts.entries()) {
    await tellTerminal(`${file}, line ${conflict.line}: conflict ${index + 1} of ${conflicts.length}`);
    for (const line of conflict.differences.flatMap(describe)) await tellTerminal(line);
    const choice = isEdited ? "ours" : await askChoice(conflict);
    if (choice === "editor") isEdited = true;
    choices.push(choice === "editor" ? "ours" : choice);
  }
  return { choices, isEdited };
}

async function askChoice({ differences }: OpenConflict): Promise<Choice | "editor"> {
  const [only, ...others] = differences;
  const isValue =
    only !== undefined &&
    others.length === 0 &&
    [only.ours, only.theirs].every((node) => node === undefined || node.kind === "leaf");
  for (;;) {
    const value = isValue ? ", (v)alue" : "";
    const answer = (await ask(`Take (o)urs, (t)heirs${value}, or open the (e)ditor?`, false)).trim().toLowerCase();
    if (/^o(?:urs)?$/.test(answer)) return "ours";
    if (/^t(?:heirs)?$/.test(answer)) return "theirs";
    if (/^e(?:ditor)?$/.test(answer)) return "editor";
    if (!isValue || !/^v(?:alue)?$/.test(answer)) continue;
    const typed = await ask("The value, as JSON; other text is taken as it is:", true);
    return asChoice(typed);
  }
}

/** JSON, with the digits of numbers as typed; any other text as a string. */
function asChoice(typed: string): Choice {
  try {
    const value: unknown = JSON.parse(typed);
    if (value === null || typeof value !== "object") return { json: typed };
  } catch {
    // It is no JSON.
  }
  return { value: typed };
}

function describe({ path, ours, theirs }: VersionDifference): string[] {
  return [`  ${printable(showPath(path))}`, `    ours:   ${show(ours)}`, `    theirs: ${show(theirs)}`];
}

function show(node: Value | undefined): string {
  if (node === undefined) return "(removed)";
  if (node.kind === "leaf") {
    const { text } = node;
    return printableLines(typeof text === "string" ? text : `(${text.length} bytes)`);
  }
  const parts: string[] = [];
  for (const item of node.items) {
    if (item.kind === "comment") parts.push(`#${item.text}`);
    else if (item.kind === "entry") parts.push(`${item.key}: ${show(item.value)}`);
    else parts.push(show(item));
  }
  return node.kind === "mapping" ? `{${parts.join(", ")}}` : `[${parts.join(", ")}]`;
}
