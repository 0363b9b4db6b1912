import type { Finding } from "isosops";

export interface FileFinding extends Finding {
  /** As given, or as found below a given folder. */
  readonly file: string;
}

/** Why a file or a configuration cannot be checked. */
export interface Failure {
  readonly message: string;
  readonly exitCode: number;
}

/** The result of a run. */
export interface Report {
  /** Number of files found. */
  readonly files: number;
  /** Number of files that are SOPS files or match a creation rule. */
  readonly checked: number;
  readonly encrypted: number;
  /** In file order, and from top to bottom within a file. */
  readonly findings: readonly FileFinding[];
  readonly failures: readonly Failure[];
}
