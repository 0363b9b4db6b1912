/** Syntax highlighting, by the format that a file is in. */
import { json } from "@codemirror/lang-json";
import { xml } from "@codemirror/lang-xml";
import { yaml } from "@codemirror/lang-yaml";
import { StreamLanguage } from "@codemirror/language";
import { properties } from "@codemirror/legacy-modes/mode/properties";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import type { Extension } from "@codemirror/state";

const languages: Readonly<Record<string, () => Extension>> = {
  yaml,
  json,
  xml: () => xml(),
  toml: () => StreamLanguage.define(toml),
  ini: () => StreamLanguage.define(properties),
  dotenv: () => StreamLanguage.define(properties),
};

/** @param format as `isosops` names it; one that has no syntax, such as `binary`, has no colours */
export function languageOf(format: string): Extension {
  return Object.hasOwn(languages, format) ? (languages[format]?.() ?? []) : [];
}
