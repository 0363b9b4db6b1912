/** Looks for many values in large contents at once. */

/** A value that is looked for. */
export interface SoughtValue {
  readonly bytes: Buffer;
  /** Whose value it is. */
  readonly owner: string;
}

/** Shorter values occur by chance. */
export const shortestValue = 8;

/**
 * Returns a function that finds the owners of the values in a content. It looks at each byte once, and further only where a value
 * may begin.
 */
export function createFinder(values: readonly SoughtValue[]): (content: Buffer) => ReadonlySet<string> {
  // By the first four bytes.
  const byStart = new Map<number, SoughtValue[]>();
  const mayStart = new Uint8Array(65_536);
  for (const value of values) {
    if (value.bytes.length < shortestValue) continue;
    const start = value.bytes.readUInt32LE(0);
    mayStart[start & 0xffff] = 1;
    byStart.set(start, [...(byStart.get(start) ?? []), value]);
  }
  return (content) => {
    const found = new Set<string>();
    if (byStart.size === 0) return found;
    for (let at = 0; at + shortestValue <= content.length; at++) {
      if (mayStart[content[at]! | (content[at + 1]! << 8)] === 0) continue;
      for (const { bytes, owner } of byStart.get(content.readUInt32LE(at)) ?? []) {
        if (
          !found.has(owner) &&
          content.compare(bytes, 0, bytes.length, at, Math.min(content.length, at + bytes.length)) === 0
        ) {
          found.add(owner);
        }
      }
    }
    return found;
  };
}
