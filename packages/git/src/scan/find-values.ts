/** Looks for many values in large contents at once. */

/** A value that is looked for. */
export interface SoughtValue {
  readonly bytes: Buffer;
  /** Whose value it is. */
  readonly owner: string;
}

/** Shorter values occur by chance. */
export const shortestValue = 8;

/** Of longer values, so many bytes are looked up, and the rest is compared. */
const longestHead = 64;

/**
 * Returns a function that finds the owners of the values in a content. It looks at each byte once, and further only where a value
 * may begin: once for each length of the values that begin so.
 */
export function createFinder(values: readonly SoughtValue[]): (content: Buffer) => ReadonlySet<string> {
  /** By the value as Latin-1, and of long ones their beginning. */
  const byHead = new Map<string, SoughtValue[]>();
  /** The lengths of these, by the first four bytes. */
  const lengths = new Map<number, Set<number>>();
  const mayStart = new Uint8Array(65_536);
  for (const value of values) {
    if (value.bytes.length < shortestValue) continue;
    const head = value.bytes.toString("latin1", 0, longestHead);
    const known = byHead.get(head);
    if (known === undefined) byHead.set(head, [value]);
    else known.push(value);
    const start = value.bytes.readUInt32LE(0);
    mayStart[start & 0xffff] = 1;
    lengths.set(start, (lengths.get(start) ?? new Set()).add(head.length));
  }
  return (content) => {
    const found = new Set<string>();
    for (let at = 0; at + shortestValue <= content.length; at++) {
      if (mayStart[content[at]! | (content[at + 1]! << 8)] === 0) continue;
      for (const length of lengths.get(content.readUInt32LE(at)) ?? []) {
        for (const { bytes, owner } of byHead.get(content.toString("latin1", at, at + length)) ?? []) {
          if (
            !found.has(owner) &&
            content.compare(bytes, 0, bytes.length, at, Math.min(content.length, at + bytes.length)) === 0
          ) {
            found.add(owner);
          }
        }
      }
    }
    return found;
  };
}
