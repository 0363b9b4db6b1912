import { stderr } from "../../terminal/messages.js";

/** Show on stderr how much was read, if it is a terminal and reading takes longer than a second. */
export function progress(size: number | undefined): { add(bytes: number): void; end(): void } {
  let done = 0;
  let shown = false;
  let next = Date.now() + 1000;
  const of = size === undefined || size === 0 ? "" : ` of ${megabytes(size)}`;
  return {
    add(bytes) {
      done += bytes;
      if (Date.now() < next || stderr().isTTY !== true) return;
      next = Date.now() + 200;
      shown = true;
      stderr().write(`\r\u001b[K${megabytes(done)}${of}`);
    },
    end() {
      if (shown) stderr().write("\r\u001b[K");
    },
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(bytes < 1e9 ? 1 : 0)} MB`;
}
