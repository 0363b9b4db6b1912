/** Reads lines from stdin one at a time, and leaves it alone in between, for programs that share it. */
export interface LineReader {
  /** Waits for the next line. False at the end. */
  next(): Promise<boolean>;
  close(): void;
}

export function lineReader(): LineReader {
  let lines = 0;
  let ended = false;
  let close = () => {};
  return {
    async next() {
      if (lines > 0) {
        lines--;
        return true;
      }
      if (ended) return false;
      const { stdin } = process;
      return new Promise<boolean>((resolve) => {
        const finish = (isLine: boolean) => {
          close();
          resolve(isLine);
        };
        const onData = (piece: Buffer) => {
          let found = 0;
          for (const byte of piece) if (byte === 0x0a) found++;
          if (found === 0) return;
          lines = found - 1;
          finish(true);
        };
        const onEnd = () => {
          ended = true;
          finish(false);
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
