import yoctoSpinner from "yocto-spinner";
import { stderr } from "./messages.js";

export interface Progress {
  step(): void;
  end(): void;
}

/** Nothing that takes less needs a sign of life, in milliseconds. */
const patience = 300;

/** Every text is written to the terminal at once, so not every step is one, in milliseconds. */
const interval = 80;

/**
 * Says on a terminal's stderr how far a long run is, and leaves nothing behind; says nothing elsewhere.
 *
 * @param describe what to say after so many steps
 */
export function createProgress(describe: (done: number) => string): Progress {
  if (stderr().isTTY !== true) return { step() {}, end() {} };
  const spinner = yoctoSpinner({ stream: stderr() });
  let done = 0;
  let next = Date.now() + patience;
  return {
    step() {
      done++;
      if (Date.now() < next) return;
      next = Date.now() + interval;
      if (!spinner.isSpinning) spinner.start();
      spinner.text = describe(done);
    },
    end() {
      if (spinner.isSpinning) spinner.stop();
    },
  };
}
