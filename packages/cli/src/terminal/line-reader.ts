/** Reads lines from stdin one at a time, and leaves it alone in between, for programs that share it. */
export interface LineReader {
  /** Waits for the next line, without its line break. Undefined at the end. */
  next(): Promise<string | undefined>;
  close(): void;
}

export function lineReader(): LineReader {
  let rest = "";
  let ended = false;
  let close = () => {};
  const takeLine = (): string | undefined => {
    const end = rest.indexOf("\n");
    if (end === -1) return undefined;
    const line = rest.slice(0, end).replace(/\r$/, "");
    rest = rest.slice(end + 1);
    return line;
  };
  const takeRest = (): string | undefined => {
    const line = rest;
    rest = "";
    return line === "" ? undefined : line;
  };
  return {
    async next() {
      const line = takeLine() ?? (ended ? takeRest() : undefined);
      if (line !== undefined || ended) return line;
      const { stdin } = process;
      // It may have ended while nobody read it.
      if (stdin.readableEnded || stdin.destroyed) {
        ended = true;
        return takeRest();
      }
      return new Promise<string | undefined>((resolve) => {
        const finish = (found: string | undefined) => {
          close();
          resolve(found);
        };
        const onData = (piece: Buffer) => {
          rest += piece.toString();
          const found = takeLine();
          if (found !== undefined) finish(found);
        };
        const onEnd = () => {
          ended = true;
          finish(takeRest());
        };
        close = () => {
          stdin.off("data", onData).off("end", onEnd).off("error", onEnd).pause();
          stdin.unref?.();
          close = () => {};
        };
        stdin.ref?.();
        stdin.on("data", onData).once("end", onEnd).once("error", onEnd).resume();
      });
    },
    close: () => close(),
  };
}
