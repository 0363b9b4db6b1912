import { spawn } from "node:child_process";
import { keyFileLimit } from "../read-limited.js";
import { splitCommand } from "../split-command.js";
import { reasonOf } from "../system-error.js";

/**
 * Run a command that prints keys, and return its stdout. The command is split as a shell would, and runs without one,
 * with `SOPS_AGE_RECIPIENT` set (age/keysource.go, `getOutputFromCmd`). Rejects with an `Error` that quotes neither the
 * command, which may contain a password, nor its output.
 */
export async function runKeyCommand(command: string, recipient: string): Promise<Buffer> {
  const [program, ...args] = splitCommand(command);
  if (program === undefined) throw new Error("the command is empty");
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, SOPS_AGE_RECIPIENT: recipient },
      stdio: ["ignore", "pipe", "ignore"],
    });
    child.once("error", (error) => reject(new Error(`the command cannot be run: ${reasonOf(error)}`)));
    const pieces: Buffer[] = [];
    let length = 0;
    // Node makes no pipes while too many files are open.
    child.stdout?.on("data", (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
      if (length > keyFileLimit) child.kill();
    });
    child.once("close", (code, signal) => {
      if (code === 0) resolve(Buffer.concat(pieces));
      else reject(new Error(`the command failed with ${signal ?? `exit code ${code}`}`));
    });
  });
}
