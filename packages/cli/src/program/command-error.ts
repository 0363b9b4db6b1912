/** What sops says of an error. */
export interface SopsWords {
  readonly text: string;
  /** Programs compare all that sops prints, so nothing else may be said. */
  readonly alone?: boolean;
}

/**
 * An error of the command itself, outside of the engine. Like `SopsError`, its message says what is wrong and what to
 * do, and never contains a secret. It carries the exit code.
 */
export class CommandError extends Error {
  readonly exitCode: number;
  /** Said first when the command stands for sops, as programs look for them. */
  readonly sopsWords: SopsWords | undefined;

  constructor(exitCode: number, message: string, cause?: unknown, sopsWords?: SopsWords) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "CommandError";
    this.exitCode = exitCode;
    this.sopsWords = sopsWords;
  }
}
