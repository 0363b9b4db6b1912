/** @returns {{ min: number, median: number, max: number }} of at least one number */
export function summarize(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return { min: sorted[0], median, max: sorted.at(-1) };
}
