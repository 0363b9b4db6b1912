/**
 * An error of the command itself, outside of the engine. Like `SopsError`, its message says what is wrong and what to
 * do, and never contains a secret. It carries the exit code.
 */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}
