import type { AgeFileInfo } from "@isosops/age";
import { printable } from "../../../terminal/printable.js";

/** JSON with the field names of `age-inspect --json`. */
export function toJson({ version, postQuantum, armored, stanzaTypes, sizes }: AgeFileInfo): string {
  const { header, armor, overhead, payload } = sizes;
  const fields = {
    version,
    postquantum: postQuantum,
    armor: armored,
    stanza_types: stanzaTypes,
    sizes: { header, armor, overhead, min_payload: payload, max_payload: payload, min_padding: 0, max_padding: 0 },
  };
  return `${JSON.stringify(fields, undefined, 4)}\n`;
}

export function toText(name: string, { version, postQuantum, armored, stanzaTypes, sizes }: AgeFileInfo): string {
  const row = (label: string, bytes: number): string => `    ${label.padEnd(20)}${String(bytes).padStart(12)} bytes\n`;
  const { header, armor, overhead, payload } = sizes;
  return [
    `${printable(name)} is an age file, version "${version}".\n\n`,
    armored ? "This file is ASCII-armored.\n\n" : "",
    "This file is encrypted to the following recipient types:\n",
    ...stanzaTypes.map((type) => `  - ${JSON.stringify(type)}\n`),
    "\n",
    postQuantum === "unknown"
      ? ""
      : `This file ${postQuantum === "yes" ? "uses" : "does NOT use"} post-quantum encryption.\n\n`,
    "Size breakdown (assuming it decrypts successfully):\n\n",
    row("Header", header),
    armored ? row("Armor overhead", armor) : "",
    row("Encryption overhead", overhead),
    row("Payload", payload),
    `${" ".repeat(24)}-------------------\n`,
    row("Total", header + armor + overhead + payload),
    "\nTip: for machine-readable output, use --json.\n",
  ].join("");
}
