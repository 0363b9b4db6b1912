/** Texts with a marker put into them, one in each: behind and before every token, as a word, a comment, a line of its own. */
export const marker = "hunter2";

export type MarkedFormat = "yaml" | "json" | "dotenv" | "ini" | "binary" | "toml" | "xml";

/** What may stand in a place, with the marker in it. */
const forms: Readonly<Record<MarkedFormat, readonly string[]>> = {
  yaml: [
    ` # ${marker}\n`,
    `\n# ${marker}\n`,
    `\n\n  # ${marker}\n\n`,
    ` # ${marker}\n# x\n\n`,
    ` ${marker} `,
    `, ${marker}: ${marker}, `,
    `\n... # ${marker}\n`,
    `\n--- # ${marker}\n`,
    ` "${marker}" `,
  ],
  json: [marker, ` "${marker}" `, `, "${marker}", `, ` /* ${marker} */ `, `// ${marker}\n`, `# ${marker}\n`],
  dotenv: [marker, `\n#${marker}\n`, ` # ${marker}\n`, `\nx=${marker}\n`, `\n${marker}\n`],
  ini: [
    marker,
    ` ${marker} `,
    ` ; ${marker}\n`,
    ` # ${marker}\n`,
    `\n; ${marker}\n`,
    `\n[x] ${marker}\n`,
    `"${marker}"`,
    `\`${marker}\``,
    `\nx = ${marker}\n`,
    `\\\n${marker}\n`,
  ],
  binary: [marker],
  toml: [marker, ` # ${marker}\n`, `\n# ${marker}\n`, ` "${marker}" `, `, "${marker}" `, `\nx = "${marker}"\n`],
  xml: [
    marker,
    `<!-- ${marker} -->`,
    `<?x ${marker}?>`,
    `<![CDATA[${marker}]]>`,
    ` x="${marker}" `,
    `<!DOCTYPE a [<!-- ${marker} --><?x ${marker}?>]>`,
    `<!DOCTYPE a [<!ATTLIST a b CDATA "${marker}">]>`,
  ],
};

/** Words, runs of blanks, line breaks, and all else one by one. */
const tokens = /[\p{L}\p{N}_]+|[ \t]+|\r?\n|[\s\S]/gu;

export interface MarkedText {
  readonly text: string;
  /** Where the marker was put in, and how. */
  readonly at: number;
  readonly form: string;
}

/** @param isWanted which of the places */
export function* markedTexts(
  source: string,
  format: MarkedFormat,
  isWanted: (at: number) => boolean = () => true,
): Iterable<MarkedText> {
  const places = [0, ...Array.from(source.matchAll(tokens), ({ index, 0: token }) => index + token.length)];
  for (const at of places) {
    if (!isWanted(at)) continue;
    for (const form of forms[format]) yield { text: source.slice(0, at) + form + source.slice(at), at, form };
  }
}

/** How often the marker is in a text. */
export function markersIn(text: string): number {
  return text.split(marker).length - 1;
}
