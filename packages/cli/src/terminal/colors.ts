import picocolors from "picocolors";

/** Colours for a stream if it is a terminal. picocolors itself checks stdout only. */
export function colorsFor(stream: { isTTY?: boolean }): ReturnType<typeof picocolors.createColors> {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  const wanted = (stream.isTTY === true && TERM !== "dumb") || (FORCE_COLOR ?? "0") !== "0";
  return picocolors.createColors(wanted && (NO_COLOR ?? "") === "");
}
