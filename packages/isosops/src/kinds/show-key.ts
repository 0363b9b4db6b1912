import type { KeyReference } from "@isosops/core";
import { keyName } from "@isosops/core/key-reference";

/** Shows a key only if it is certainly public: a private key may have been inserted by mistake. */
export function showKey(key: KeyReference): string {
  const line = keyName(key).split("\n", 1)[0]!;
  const text = line.length > 120 ? `${line.slice(0, 120)}...` : line;
  if (key.type !== "age") return `the ${key.type} key ${text}`;
  return /^(?:age1|ssh-)/.test(text) ? `the recipient ${text}` : "an invalid recipient";
}

/** The most keys that a message lists. */
const mostShown = 10;

/** Shows several keys, each once. */
export function showKeys(keys: readonly KeyReference[]): string {
  const shown = [...new Set(keys.map(showKey))];
  const more = shown.length > mostShown ? [`${shown.length - mostShown} more`] : [];
  return [...shown.slice(0, mostShown), ...more].join(" and ");
}
