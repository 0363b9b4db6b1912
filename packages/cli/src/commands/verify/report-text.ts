import { type Colors, colorsFor } from "../../terminal/colors.js";
import { plural } from "../../terminal/plural.js";
import { printable } from "../../terminal/printable.js";
import { wrap } from "../../terminal/wrap.js";
import type { FileFinding, Report } from "./report.js";

const indent = 4;

/** The report as text. */
export function toText(report: Report): string {
  const colors = colorsFor(process.stdout);
  const lines: string[] = [];
  let file: string | undefined;
  for (const finding of report.findings) {
    if (finding.file !== file) {
      if (file !== undefined) lines.push("");
      lines.push(colors.underline(printable(finding.file)));
      file = finding.file;
    }
    const level = finding.level === "error" ? colors.red("error") : colors.yellow("warning");
    lines.push(`  ${colors.dim(place(finding).padEnd(7))} ${level}  ${colors.dim(finding.rule)}`);
    for (const line of wrap(printable(finding.message), indent)) lines.push(" ".repeat(indent) + line);
  }
  if (lines.length > 0) lines.push("");
  lines.push(summary(report, colors));
  return `${lines.join("\n")}\n`;
}

function place({ region }: FileFinding): string {
  return region === undefined ? "" : `${region.line}:${region.column}`;
}

function summary(report: Report, colors: Colors): string {
  const errors = report.findings.filter(({ level }) => level === "error").length;
  const warnings = report.findings.length - errors;
  const looked = `${plural(report.checked, "file")} checked, ${report.encrypted} of them encrypted`;
  if (report.findings.length === 0) return `${colors.green("Nothing found:")} ${looked}.`;
  const parts = [];
  if (errors > 0) parts.push(colors.red(plural(errors, "error")));
  if (warnings > 0) parts.push(colors.yellow(plural(warnings, "warning")));
  const files = new Set(report.findings.map(({ file }) => file)).size;
  return `${parts.join(" and ")} in ${plural(files, "file")}: ${looked}.`;
}
