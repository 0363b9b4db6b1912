import type { DoctorFinding, DoctorTopic } from "@isosops/gitops";
import { colorsFor, harmless } from "../../terminal/messages.js";
import { wrap } from "../verify/report-text.js";

const titles: readonly (readonly [DoctorTopic, string])[] = [
  ["keyring", "Keyring"],
  ["cluster", "Cluster file"],
  ["files", "Files"],
  ["environment", "Environment"],
];

const indent = " ".repeat(4);

/** Findings for a person, by topic, and how many there are of each level. */
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
      const place = file === undefined ? "" : `  ${harmless(line === undefined ? file : `${file}:${line}`)}`;
      lines.push(`  ${words[level]}  ${colors.dim(rule)}${place}`);
      lines.push(...wrap(harmless(message)).map((text) => indent + text));
      if (remedy !== undefined) lines.push(...wrap(harmless(`-> ${remedy}`)).map((text) => indent + text));
    }
    lines.push("");
  }
  const count = (level: DoctorFinding["level"], what: string) => {
    const number = findings.filter((finding) => finding.level === level).length;
    return number === 0 ? [] : [`${number} ${what}${number === 1 ? "" : "s"}`];
  };
  const [errors, warnings, notes] = [count("error", "error"), count("warning", "warning"), count("note", "note")];
  const colored = [...errors.map(colors.red), ...warnings.map(colors.yellow), ...notes];
  lines.push(colored.length === 0 ? colors.green("All is well.") : `${colored.join(", ")}.`);
  return `${lines.join("\n")}\n`;
}
