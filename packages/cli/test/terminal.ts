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
