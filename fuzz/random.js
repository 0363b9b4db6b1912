/** Random numbers that come again for the same seed (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    /** From 0 to below `limit`. */
    below: (limit) => (limit <= 1 ? 0 : next() % limit),
    /** True once in so many times. */
    once: (times) => next() % times === 0,
    pick: (list) => list[next() % list.length],
  };
}
