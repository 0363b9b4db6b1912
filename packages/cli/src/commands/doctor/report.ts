import type { DoctorFinding, DoctorTopic } from "@isosops/gitops";
import { colorsFor } from "../../terminal/colors.js";
import { plural } from "../../terminal/plural.js";
import { printable } from "../../terminal/printable.js";
import { wrap } from "../../terminal/wrap.js";

const titles: readonly (readonly [DoctorTopic, string])[] = [
  ["keyring", "Keyring"],
  ["cluster", "Cluster file"],
  ["files", "Files"],
  ["environment", "Environment"],
];

const indent = 4;

/** Findings as text, grouped by topic, with a count of each level. */
export function toText(findings: readonly DoctorFinding[]): string {
  const colors = colorsFor(process.stdout);
  const words = {
    ok: colors.green("ok"),
    note: colors.cyan("note"),
    warning: colors.yellow("warning"),
    error: colors.red("error"),
  };
  const lines: string[] = [];
  for (const [topic, title] of titles) {
    const ofTopic = findings.filter((finding) => finding.topic === topic);
    if (ofTopic.length === 0) continue;
    lines.push(colors.underline(title));
    for (const { rule, level, message, remedy, file, line } of ofTopic) {
      const place = file === undefined ? "" : `  ${printable(line === undefined ? file : `${file}:${line}`)}`;
      lines.push(`  ${words[level]}  ${colors.dim(rule)}${place}`);
      lines.push(...wrap(printable(message), indent).map((text) => " ".repeat(indent) + text));
      if (remedy !== undefined)
        lines.push(...wrap(printable(`-> ${remedy}`), indent).map((text) => " ".repeat(indent) + text));
    }
    lines.push("");
  }
  const counted = (level: DoctorFinding["level"]) => {
    const number = findings.filter((finding) => finding.level === level).length;
    return number === 0 ? [] : [plural(number, level)];
  };
  const [errors, warnings, notes] = [counted("error"), counted("warning"), counted("note")];
  const colored = [...errors.map(colors.red), ...warnings.map(colors.yellow), ...notes];
  lines.push(colored.length === 0 ? colors.green("All is well.") : `${colored.join(", ")}.`);
  return `${lines.join("\n")}\n`;
}
