/** Runs the real command on a terminal of its own. Python has what it takes to be one. */
import { spawnSync } from "node:child_process";
import { bin, type Outcome, type RunOptions, run } from "./support.js";

export const hasTerminals: boolean = spawnSync("python3", ["-c", "import pty"]).status === 0;
if (!hasTerminals) console.log("Asking on a terminal is skipped: there is no python3 with pty.");

/** Runs a command on a new terminal, and answers its first question. */
const onTerminal = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown, answered = b"", False
while True:
    try:
        piece = os.read(terminal, 1000)
    except OSError:
        break
    if not piece:
        break
    shown += piece
    if b"[y/N]" in shown and not answered:
        answered = True
        os.write(terminal, sys.argv[1].encode() + b"\\n")
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** Our command, with a line typed at its first question. What the terminal shows is its `stdout`. */
export function isosopsOnTerminal(answer: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  return run("python3", ["-c", onTerminal, answer, process.execPath, bin, ...args], options);
}

/** Runs a command on a new terminal. Each step waits for a text on it, and then types. */
const typing = `
import json, os, pty, sys
steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown, seen = b"", 0
while True:
    try:
        piece = os.read(terminal, 1000)
    except OSError:
        break
    if not piece:
        break
    shown += piece
    while steps and shown.find(steps[0][0].encode(), seen) != -1:
        seen = shown.find(steps[0][0].encode(), seen) + len(steps[0][0])
        os.write(terminal, steps.pop(0)[1].encode())
sys.stdout.write(shown.decode(errors="replace"))
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(code if code >= 0 else 128 - code)
`;

/** Our command on a terminal: each step is a text to wait for, and what is typed then. */
export function typeOnTerminal(
  steps: readonly (readonly [string, string])[],
  args: readonly string[],
  options: RunOptions,
): Promise<Outcome> {
  return typeTo([process.execPath, bin, ...args], steps, options);
}

/** The same for any command: the path of a program and its arguments. */
export function typeTo(
  command: readonly string[],
  steps: readonly (readonly [string, string])[],
  options: RunOptions,
): Promise<Outcome> {
  return run("python3", ["-c", typing, JSON.stringify(steps), ...command], options);
}
