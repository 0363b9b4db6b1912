/**
 * A mistake that the command finds before, or after, the engine has anything to do with it. Like the engine's
 * `SopsError` it says what is wrong and what to do, and never holds a secret; unlike there, the exit code is told.
 */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}
