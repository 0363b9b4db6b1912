/**
 * Reads the files of AWS's tools, `~/.aws/config` and `~/.aws/credentials`: sections of `name = value` lines, of which one
 * without a value may have a block of indented lines below it.
 */

/** A section: its settings by their names in lower case, and its blocks. */
export interface Section {
  readonly values: Map<string, string>;
  readonly blocks: Map<string, Map<string, string>>;
}

/** The sections of a file by their names as they stand there: `default`, `profile dev`. One that is repeated goes on. */
export function parseConfigFile(text: string): Map<string, Section> {
  const sections = new Map<string, Section>();
  let section: Section | undefined;
  let last = "";
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:[#;]|$)/.test(line)) continue;
    const header = /^\[([^\]]+)\]/.exec(line);
    if (header !== null) {
      const name = header[1]!.trim().replace(/\s+/g, " ");
      section = sections.get(name) ?? { values: new Map(), blocks: new Map() };
      sections.set(name, section);
      last = "";
      continue;
    }
    const equals = line.indexOf("=");
    if (section === undefined || equals === -1) continue;
    const name = line.slice(0, equals).trim().toLowerCase();
    // A comment starts after a blank.
    const value = line
      .slice(equals + 1)
      .replace(/\s[#;].*$/, "")
      .trim();
    if (/^\s/.test(line) && last !== "" && section.values.get(last) === "") {
      const block = section.blocks.get(last) ?? new Map<string, string>();
      section.blocks.set(last, block.set(name, value));
      continue;
    }
    section.values.set(name, value);
    last = name;
  }
  return sections;
}
