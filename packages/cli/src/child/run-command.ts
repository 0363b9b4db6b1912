import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { constants } from "node:os";
import { isatty } from "node:tty";
import { reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Signals that are passed on to the command. */
const passedOn = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

/** The shell with a command, as sops calls it (cmd/sops/subcommand/exec). */
function start(command: string, env: Environment, stdio: StdioOptions, detached = false): ChildProcess {
  return process.platform === "win32"
    ? spawn("cmd.exe", ["/C", command], { env, stdio, detached, windowsVerbatimArguments: true })
    : spawn("/bin/sh", ["-c", command], { env, stdio, detached });
}

/** Run a command in a shell, with the terminal, and pass signals on to it. Throws `CommandError`. */
export async function runCommand(command: string, env: Environment): Promise<Ended> {
  const child = start(command, env, "inherit");
  const pass = (signal: NodeJS.Signals): void => {
    // A terminal sends these to the command, too.
    if (isatty(0) && (signal === "SIGINT" || signal === "SIGQUIT")) return;
    child.kill(signal);
  };
  for (const signal of passedOn) process.on(signal, pass);
  try {
    return await new Promise<Ended>((resolve, reject) => {
      child.once("error", (error) => reject(cannotRun(error)));
      child.once("close", (code, signal) => resolve({ code, signal }));
    });
  } finally {
    for (const signal of passedOn) process.off(signal, pass);
  }
}

/** Start a command that this process does not wait for, without a terminal. Throws `CommandError`. */
export async function startInBackground(
  command: string,
  env: Environment,
  held?: ChildProcess["stdin"],
): Promise<void> {
  const child = start(command, env, held ? ["ignore", "ignore", "ignore", held] : "ignore", true);
  await new Promise<void>((resolve, reject) => {
    child.once("error", (error) => reject(cannotRun(error)));
    child.once("spawn", resolve);
  });
  child.unref();
}

function cannotRun(error: unknown): CommandError {
  return new CommandError(exitCodes.generic, `The shell cannot be run: ${reasonOf(error)}.`, error);
}

/** Signals that end a process without a dump of its memory. */
const ending: ReadonlySet<string> = new Set(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"]);

/** End as the command did: with its exit code, or by its signal. */
export function endLike({ code, signal }: Ended): void {
  process.exitCode = code ?? 128 + constants.signals[signal!];
  if (signal !== null && ending.has(signal)) process.kill(process.pid, signal);
}

/**
 * Replace this process with the command. Returns only where the runtime cannot: the caller runs the command as a child
 * then.
 */
export function replaceProcess(command: string, env: Environment): void {
  const { execve } = process as { execve?: (file: string, args: string[], env: Environment) => void };
  const defined = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
  if (execve === undefined) return;
  // The runtime ignores these, and the command would inherit that. A signal with a handler goes back to its default.
  for (const signal of ["SIGPIPE", "SIGXFSZ"]) process.on(signal, () => {});
  execve.call(process, "/bin/sh", ["/bin/sh", "-c", command], defined);
}
