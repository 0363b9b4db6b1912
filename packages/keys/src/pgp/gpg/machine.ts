/** What running gpg requires of the platform. */
export interface GpgMachine {
  /** An environment variable, undefined if it is not set. */
  env(name: string): string | undefined;
  homeFolder(): string;
  /** A path of parts, with the separator of the system. */
  joinPath(...parts: readonly string[]): string;
  /** The bytes of a file, undefined if there is none. */
  readFile(path: string): Promise<Uint8Array | undefined>;
  /**
   * Run a program to its end, without a shell, with the environment of this process.
   *
   * @throws what the system says if it cannot be started; the reason of `signal` if that ends it
   */
  run(program: string, parameters: readonly string[], options: RunOptions): Promise<Run>;
}

/** Input of a run. */
export interface RunOptions {
  /** Standard input. */
  readonly input: Uint8Array | string;
  readonly signal: AbortSignal | undefined;
}

/** The result of a run. */
export interface Run {
  /** Exit code, null if it was killed by a signal. */
  readonly code: number | null;
  /** Standard output. */
  readonly output: Uint8Array;
  /** Standard error. */
  readonly errors: string;
}
