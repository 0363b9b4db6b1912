// Figures as a person reads them, in Markdown.

/** @param {string[]} head @param {string[][]} rows */
export function table(head, rows) {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column].length)));
  const line = (cells) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" | ")} |`;
  const rule = widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return `${[line(head), line(rule), ...rows.map(line)].join("\n")}\n`;
}

/** Two digits that count. */
export function fixed(number) {
  return number.toFixed(number < 10 ? 1 : 0);
}

export function milliseconds(number) {
  return number.toFixed(number < 10 ? 1 : 0);
}

export function sizes(bytes) {
  return bytes === 0 ? "" : `${(bytes / 1000).toFixed(1)} kB`;
}

function seconds({ seconds: { min, median, max }, runs }) {
  return runs === 1
    ? `${median.toFixed(2)} s (one run)`
    : `${median.toFixed(2)} s (${min.toFixed(2)} - ${max.toFixed(2)})`;
}

function processor({ cpuSeconds }) {
  return `${cpuSeconds.median.toFixed(2)} s`;
}

function memory({ peakBytes }) {
  return peakBytes === undefined ? "not known" : `${(peakBytes.median / 1e6).toFixed(0)} MB`;
}

/** Two tables: time, and processor time with memory. */
export function pairedTable(comparisons, version) {
  const sops = `sops ${version}`;
  const times = comparisons.map(({ format, operation, ours, sops, ratio }) => [
    `${format} ${operation}`,
    seconds(ours),
    seconds(sops),
    `${fixed(ratio.seconds)}x`,
  ]);
  const costs = comparisons.map(({ format, operation, ours, sops, ratio }) => [
    `${format} ${operation}`,
    processor(ours),
    processor(sops),
    `${fixed(ratio.cpuSeconds)}x`,
    memory(ours),
    memory(sops),
    ratio.peakBytes === undefined ? "" : `${fixed(ratio.peakBytes)}x`,
  ]);
  return `${table(["median (min - max)", "isosops", sops, "faster"], times)}
${table(["median", "processor time", sops, "less", "peak memory", sops, "less"], costs)}`;
}

/** The fastest runs of all sides, what our side is to the others, and its memory by size. */
export function ageTable({ comparisons, memory: bySize }, mebibytes) {
  const rows = comparisons.flatMap(({ operation, sides }) =>
    Object.entries(sides).map(([who, { seconds, cpuSeconds, peakBytes, runs }]) => [
      `${operation}, ${who}`,
      `${seconds.min.toFixed(2)} s${runs === 1 ? " (one run)" : ""}`,
      `${(mebibytes / seconds.min).toFixed(0)} MiB/s`,
      who === "isosops" ? "" : `${fixed(seconds.min / sides.isosops.seconds.min)}x`,
      `${cpuSeconds.min.toFixed(2)} s`,
      memory({ peakBytes }),
    ]),
  );
  const peaks = bySize.map(({ operation, mebibytes, peakBytes }) => [
    `${operation}, ${mebibytes} MiB`,
    peakBytes === undefined ? "not known" : `${(peakBytes / 1e6).toFixed(0)} MB`,
  ]);
  return `${table(["fastest run", "time", "speed", "isosops is faster", "processor time", "peak memory"], rows)}
${table(["isosops", "peak memory"], peaks)}`;
}
