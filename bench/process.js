// Runs a process to its end and says what it took.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** How often the kernel is asked for the peak so far. It only ever rises, so the last answer is what counts. */
const pollMilliseconds = 2;

/**
 * The shell measures the processor time of what it waited for (POSIX `times`); the inner one says its process id on
 * descriptor 3 and then becomes the command.
 */
const script = `sh -c 'echo $$ >&3; exec "$@"' sh "$@"; code=$?; times >&3; exit $code`;

/**
 * @typedef {object} Usage
 * @property {number} seconds wall clock, from starting the process until it has ended
 * @property {number} cpuSeconds user and system time of all its threads, in steps of 10 ms
 * @property {number | undefined} peakBytes peak resident memory: the kernel's own high-water mark (`VmHWM` in
 *   /proc/PID/status), read every 2 ms while the process lives, so what it grew in its very last moment is missing;
 *   undefined where there is no /proc
 */

/**
 * @param {string} command
 * @param {string[]} parameters
 * @param {{ env: Record<string, string>, cwd: string }} options
 * @returns {Promise<Usage>}
 * @throws where the command ends with an exit code other than 0
 */
export function runMeasured(command, parameters, { env, cwd }) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn("sh", ["-c", script, "sh", command, ...parameters], {
      cwd,
      env: { ...env, LC_ALL: "C" },
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    });
    let said = "";
    let message = "";
    let statusFile;
    let peakBytes;
    const poll = setInterval(() => {
      if (statusFile !== undefined) peakBytes = readPeak(statusFile) ?? peakBytes;
    }, pollMilliseconds);
    let seconds = 0;
    child.stderr.on("data", (chunk) => (message += chunk));
    child.stdio[3].on("data", (chunk) => {
      said += chunk;
      const id = /^(\d+)\n/.exec(said)?.[1];
      if (id !== undefined) statusFile ??= `/proc/${id}/status`;
    });
    child.on("error", (error) => {
      clearInterval(poll);
      reject(error);
    });
    child.on("exit", () => {
      seconds = (performance.now() - start) / 1000;
      clearInterval(poll);
    });
    child.on("close", (code) => {
      if (code === 0) resolve({ seconds, cpuSeconds: readTimes(said), peakBytes });
      else reject(new Error(`${command} ${parameters[0]} ended with exit code ${code}: ${message.trim()}`));
    });
  });
}

function readPeak(path) {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(path, "latin1"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    // It has ended, or there is no /proc.
    return undefined;
  }
}

/** The last line of what `times` says is about the shell's children: `0m1.25s 0m0.10s`. */
function readTimes(said) {
  const line = said.trim().split("\n").at(-1);
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, rest]) => sum + minutes * 60 + Number(rest),
    0,
  );
}
