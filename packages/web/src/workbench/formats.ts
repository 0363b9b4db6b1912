/** The formats of files, and what tells them. */
import type { FormatName } from "../engine/documents.js";

export const formatNames: readonly (readonly [FormatName, string])[] = [
  ["yaml", "YAML"],
  ["json", "JSON"],
  ["dotenv", "ENV"],
  ["ini", "INI"],
  ["toml", "TOML"],
  ["xml", "XML"],
  ["binary", "Binary: the whole file"],
];

/** As sops tells it from the name; for TOML and XML, which sops does not read, the same way. */
export function formatOfName(name: string): FormatName {
  const ending = /\.([a-z]+)$/.exec(name)?.[1] ?? "";
  const known: Readonly<Record<string, FormatName>> = {
    yaml: "yaml",
    yml: "yaml",
    json: "json",
    env: "dotenv",
    ini: "ini",
    toml: "toml",
    xml: "xml",
  };
  return Object.hasOwn(known, ending) ? (known[ending] ?? "binary") : "binary";
}

/** What text without a name looks like. */
export function guessFormat(text: string): FormatName {
  const start = text.trimStart();
  if (/^[{[]\s*(?:["{}[\]]|$)/.test(start)) return "json";
  if (start.startsWith("<")) return "xml";
  const lines = start.split("\n", 50).filter((line) => line.trim() !== "" && !line.trimStart().startsWith("#"));
  if (lines.length > 0 && lines.every((line) => /^(?:export\s+)?[A-Za-z_][\w.]*=/.test(line))) return "dotenv";
  if (lines.some((line) => /^\[[^\]]+\]\s*$/.test(line)))
    return lines.some((line) => /^\w+\s*=\s*["\d[{tf]/.test(line)) ? "toml" : "ini";
  return "yaml";
}

/** A name for text that has none. */
export function nameFor(format: FormatName): string {
  const endings: Readonly<Record<FormatName, string>> = {
    yaml: "yaml",
    json: "json",
    dotenv: "env",
    ini: "ini",
    toml: "toml",
    xml: "xml",
    binary: "bin",
  };
  return `secrets.${endings[format]}`;
}
