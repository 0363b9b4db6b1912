import type { Finding } from "isosops";

export interface FileFinding extends Finding {
  /** As it was given, or found below a folder that was. */
  readonly file: string;
}

/** Why a file, or a configuration, could not be looked at. */
export interface Failure {
  readonly message: string;
  readonly exitCode: number;
}

/** What a run has come to. */
export interface Report {
  /** All files that were found. */
  readonly files: number;
  /** Those of sops, or that a creation rule is for. */
  readonly checked: number;
  readonly encrypted: number;
  /** In the order of the files, within a file from top to bottom. */
  readonly findings: readonly FileFinding[];
  readonly failures: readonly Failure[];
}
