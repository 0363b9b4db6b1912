import type { ClusterFinding } from "@isosops/gitops";
import { colorsFor } from "../../../terminal/colors.js";
import { plural } from "../../../terminal/plural.js";
import { printable, printableLines } from "../../../terminal/printable.js";

export function toText(findings: readonly ClusterFinding[], path: string): string {
  const colors = colorsFor(process.stdout);
  const lines = findings.map(({ rule, message, kind, name, stack, file, line, column }) => {
    const place = line === undefined ? file : `${file}:${line}:${column}`;
    const item = kind === "stack" ? `stack ${name}` : `${kind} ${stack}/${name}`;
    const told = printableLines(message).replaceAll("\n", "\n  ");
    return `${printable(place)}: ${colors.red(rule)}: ${printable(item)}\n  ${told}`;
  });
  const count = findings.length;
  const summary =
    count === 0 ? colors.green(`Nothing found in ${printable(path)}.`) : colors.red(`${plural(count, "finding")}.`);
  return `${[...lines, summary].join("\n")}\n`;
}
