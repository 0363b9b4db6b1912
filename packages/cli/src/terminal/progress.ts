import yoctoSpinner from "yocto-spinner";
import { stderr } from "./messages.js";

export interface Progress {
  step(): void;
  end(): void;
}

/** Delay before progress is shown, in milliseconds. */
const patience = 300;

/** Interval between updates, in milliseconds: each one is a synchronous write. */
const interval = 80;

/**
 * Shows the progress of a long run on stderr if it is a terminal, and erases it at the end.
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
