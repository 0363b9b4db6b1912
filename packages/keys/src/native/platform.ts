/**
 * What a machine has beside JavaScript: the settings that the tools of a key service keep there. What a program may not see,
 * by the permissions of Deno, is not there.
 */
export interface Platform {
  /** An environment variable, undefined if it is not set. */
  env(name: string): string | undefined;
  /** "" if it is not known. */
  homeFolder(): string;
  /** "" if it is not known. */
  hostname(): string;
  /** A path of parts, with the separator of the system. */
  joinPath(...parts: readonly string[]): string;
  /** The text of a file, undefined if there is none. */
  readFile(path: string): Promise<string | undefined>;
  /** Replace a file that only its owner may read. */
  writePrivateFile(path: string, text: string): Promise<void>;
  /**
   * What a command line of the user's own prints, run by the shell of the system. It gets no input.
   *
   * @throws if it ends with another code than 0, or takes longer than `timeout` milliseconds
   */
  runShell(command: string, options: { timeout: number; signal: AbortSignal | undefined }): Promise<string>;
}
