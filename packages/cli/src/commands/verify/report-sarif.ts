import { isAbsolute, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { bytesOfName } from "@isosops/node/internal/file-system/names";
import { relativeToHere, resolve } from "@isosops/node/internal/file-system/paths";
import { type FindingRule, findingRules } from "isosops";
import { version } from "../../program/version.js";
import { printableJson } from "../../terminal/printable.js";
import type { FileFinding, Report } from "./report.js";

/** The report as SARIF 2.1.0: one run, paths relative to the working folder. */
export function toSarif({ findings, failures }: Report): string {
  const names = Object.keys(findingRules) as FindingRule[];
  const run = {
    tool: {
      driver: {
        name: "isosops",
        semanticVersion: version(),
        rules: names.map((name) => ({
          id: name,
          shortDescription: { text: findingRules[name].summary },
          defaultConfiguration: { level: findingRules[name].level },
        })),
      },
    },
    columnKind: "utf16CodeUnits",
    results: findings.map((finding) => ({
      ruleId: finding.rule,
      ruleIndex: names.indexOf(finding.rule),
      level: finding.level,
      message: { text: finding.message },
      locations: [location(finding)],
    })),
    invocations: [
      {
        executionSuccessful: failures.length === 0,
        toolExecutionNotifications: failures.map(({ message }) => ({ level: "error", message: { text: message } })),
      },
    ],
  };
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
  return printableJson(log);
}

function location({ file, path, region }: FileFinding): object {
  // GitHub code scanning ignores results without a line.
  const { line, column, endLine, endColumn } = region ?? { line: 1, column: 1, endLine: 1, endColumn: 1 };
  return {
    physicalLocation: {
      artifactLocation: artifact(file),
      region: { startLine: line, startColumn: column, endLine, endColumn },
    },
    ...(path === undefined || path.length === 0
      ? {}
      : { logicalLocations: [{ fullyQualifiedName: path.join("/"), kind: "member" }] }),
  };
}

function artifact(file: string): object {
  const inside = relativeToHere(file);
  if (!isAbsolute(inside) && !inside.startsWith(`..${sep}`)) return { uri: encode(inside), uriBaseId: "%SRCROOT%" };
  return { uri: isWellFormed(file) ? pathToFileURL(file).href : `file://${encode(resolve(file))}` };
}

/** Percent-encode a file name, which may not be UTF-8 (RFC 3986, 2.1). */
function encode(path: string): string {
  return path.split(sep).map(encodePart).join("/");
}

function encodePart(name: string): string {
  if (isWellFormed(name)) return encodeURIComponent(name);
  return [...bytesOfName(name)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}

function isWellFormed(name: string): boolean {
  return !/\p{Cs}/u.test(name);
}
