/** Select Graphic Rendition (ECMA-48, 8.3.117): the parameters that set a style and end it. */
const styles = {
  bold: [1, 22],
  dim: [2, 22],
  underline: [4, 24],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

/** Text in these styles. */
export type Colors = Record<keyof typeof styles, (text: string) => string>;

/** Colours for a stream if it is a terminal. */
export function colorsFor(stream: { isTTY?: boolean }): Colors {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  const wanted = (stream.isTTY === true && TERM !== "dumb") || (FORCE_COLOR ?? "0") !== "0";
  const isColored = wanted && (NO_COLOR ?? "") === "";
  const style = ([start, end]: readonly [number, number]) =>
    isColored ? (text: string) => `\x1b[${start}m${text}\x1b[${end}m` : (text: string) => text;
  return Object.fromEntries(Object.entries(styles).map(([name, codes]) => [name, style(codes)])) as Colors;
}
