import { printableJson } from "../../terminal/printable.js";
import type { Report } from "./report.js";

/** The report as JSON. */
export function toJson({ files, checked, encrypted, findings, failures }: Report): string {
  const report = {
    files: { found: files, checked, encrypted },
    findings: findings.map(({ file, rule, level, message, path, region }) => ({
      file,
      rule,
      level,
      message,
      ...(path === undefined ? {} : { path }),
      ...region,
    })),
    failures: failures.map(({ message }) => message),
  };
  return printableJson(report);
}
