import yoctoSpinner from "yocto-spinner";
import { stderr } from "../messages.js";

export interface Progress {
  step(): void;
  end(): void;
}

/** Nothing that takes less needs a sign of life, in milliseconds. */
const patience = 300;

/** Says on a terminal's stderr how far a long run is, and leaves nothing behind; says nothing elsewhere. */
export function createProgress(total: number): Progress {
  if (stderr().isTTY !== true) return { step() {}, end() {} };
  const started = Date.now();
  const spinner = yoctoSpinner({ stream: stderr() });
  let done = 0;
  return {
    step() {
      done++;
      if (!spinner.isSpinning && Date.now() - started > patience) spinner.start();
      if (spinner.isSpinning) spinner.text = `${done} of ${total} files`;
    },
    end() {
      if (spinner.isSpinning) spinner.stop();
    },
  };
}
