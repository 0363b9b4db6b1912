import yoctoSpinner from "yocto-spinner";
import { stderr } from "./messages.js";

export interface Progress {
  step(): void;
  end(): void;
}

/** Nothing that takes less needs a sign of life, in milliseconds. */
const patience = 300;

/**
 * Says on a terminal's stderr how far a long run is, and leaves nothing behind; says nothing elsewhere.
 *
 * @param describe what to say after so many steps
 */
export function createProgress(describe: (done: number) => string): Progress {
  if (stderr().isTTY !== true) return { step() {}, end() {} };
  const started = Date.now();
  const spinner = yoctoSpinner({ stream: stderr() });
  let done = 0;
  return {
    step() {
      done++;
      if (!spinner.isSpinning && Date.now() - started > patience) spinner.start();
      if (spinner.isSpinning) spinner.text = describe(done);
    },
    end() {
      if (spinner.isSpinning) spinner.stop();
    },
  };
}
