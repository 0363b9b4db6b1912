/** The inputs of the repository: for each target a list of texts, or of Base64 for inputs that are not text. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const prefix = "base64:";

/** @returns {Uint8Array[]} */
export function readCorpus(name) {
  const path = pathOf(name);
  if (!existsSync(path)) return [];
  return JSON.parse(readFileSync(path, "utf8")).map((text) =>
    text.startsWith(prefix)
      ? new Uint8Array(Buffer.from(text.slice(prefix.length), "base64"))
      : new TextEncoder().encode(text),
  );
}

/** @param {readonly Uint8Array[]} inputs */
export function writeCorpus(name, inputs) {
  const texts = inputs.map((input) => {
    const buffer = Buffer.from(input);
    const text = buffer.toString("utf8");
    return Buffer.from(text).equals(buffer) && !text.startsWith(prefix) ? text : prefix + buffer.toString("base64");
  });
  writeFileSync(pathOf(name), `[\n${texts.map((text) => `  ${JSON.stringify(text)}`).join(",\n")}\n]\n`);
}

function pathOf(name) {
  return new URL(`corpus/${name}.json`, import.meta.url);
}
