/** What gpg needs of a machine. */
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

/** What goes with a run. */
export interface RunOptions {
  /** Its standard input. */
  readonly input: Uint8Array | string;
  readonly signal: AbortSignal | undefined;
}

/** How a program has ended. */
export interface Run {
  /** Its exit code, null if a signal has ended it. */
  readonly code: number | null;
  /** What it has written to standard output. */
  readonly output: Uint8Array;
  /** What it has written to standard error. */
  readonly errors: string;
}
