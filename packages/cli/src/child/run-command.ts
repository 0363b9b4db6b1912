import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { constants } from "node:os";
import { isatty } from "node:tty";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";
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

/** A program and its arguments, which run without a shell. */
export type ProgramWords = readonly [program: string, ...args: string[]];

/** The shell with a command, as sops calls it (cmd/sops/subcommand/exec). */
function start(command: string, env: Environment, stdio: StdioOptions, detached = false): ChildProcess {
  return process.platform === "win32"
    ? spawn("cmd.exe", ["/C", command], { env, stdio, detached, windowsVerbatimArguments: true })
    : spawn("/bin/sh", ["-c", command], { env, stdio, detached });
}

/** On Windows, `npm` is a batch file, which only a shell can run, and with quotes of its own. */
async function spawnOfWords(): Promise<typeof spawn> {
  return process.platform === "win32" ? (await import("cross-spawn")).default.spawn : spawn;
}

/** Run a command, with the terminal, and pass signals on to it. Throws `CommandError`. */
export async function runCommand(command: string | ProgramWords, env: Environment): Promise<Ended> {
  const spawnWords = typeof command === "string" ? undefined : await spawnOfWords();
  let child: ChildProcess | undefined;
  const pass = (signal: NodeJS.Signals): void => {
    // A terminal sends these to the command, too.
    if (isatty(0) && (signal === "SIGINT" || signal === "SIGQUIT")) return;
    child?.kill(signal);
  };
  // Before the command runs: what it shows may make somebody press Ctrl+C at once, which must not end this process.
  for (const signal of passedOn) process.on(signal, pass);
  try {
    const started =
      typeof command === "string"
        ? start(command, env, "inherit")
        : spawnWords!(command[0], command.slice(1), { env, stdio: "inherit" });
    child = started;
    return await new Promise<Ended>((resolve, reject) => {
      started.once("error", (error) => reject(cannotRun(error, command)));
      started.once("close", (code, signal) => resolve({ code, signal }));
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

function cannotRun(error: unknown, command?: string | ProgramWords): CommandError {
  if (typeof command === "object") {
    const [program, ...args] = command;
    const isMissing = errorCode(error) === "ENOENT";
    const hint =
      isMissing && args.length === 0 && program.includes(" ")
        ? ` Give its words one by one: isosops run -- ${program}. For a shell: isosops run -- sh -c '...'.`
        : "";
    return new CommandError(
      isMissing ? exitCodes.noCommand : exitCodes.notExecutable,
      `The command ${program} cannot be run: ${isMissing ? "there is no such program" : reasonOf(error)}.${hint}`,
      error,
    );
  }
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
