/** Where the files of stacks are: below the root folder of a server, or in a folder that somebody has opened. */
import type { Organisation } from "../api/organisation.js";
import type { OpenWith } from "./open-with.js";
import type { ClusterOutline } from "./operations.js";

/** A file as it was read. */
interface StoredText {
  readonly text: string;
  /** SHA-256 of its bytes, hexadecimal. */
  readonly version: string;
}

/** A cluster file that was found. */
export interface FoundCluster {
  /** From the root folder, with `/`. */
  readonly path: string;
  readonly stacks: ClusterOutline["stacks"];
  /** Why it cannot be read, and what to do. */
  readonly problem: string | undefined;
}

/** A file to write. */
export interface TextToStore {
  readonly path: string;
  readonly text: string;
  /** What it replaces; null if there must be no such file. */
  readonly version: string | null;
}

/** What a save has done. */
interface Stored {
  /** Versions by path. */
  readonly versions: ReadonlyMap<string, string>;
  /** Sentences for the user. */
  readonly warnings: readonly string[];
}

/** Files of stacks. */
export interface StackSource {
  readonly kind: "server" | "folder";
  /** The name of the folder. */
  readonly name: string;
  clusters(): Promise<FoundCluster[]>;
  /** Undefined if there is no such file. */
  read(path: string): Promise<StoredText | undefined>;
  /**
   * Writes all files or none.
   *
   * @throws {ChangedElsewhere}
   */
  write(files: readonly TextToStore[]): Promise<Stored>;
  /** Undefined if the organisation has no key yet, or it is not known here. */
  organisation(): Promise<Organisation | undefined>;
  /** Undefined if nothing opens encrypted files. */
  openWith(): OpenWith | undefined;
  /** Why nothing can be saved. */
  readonly readOnlyReason: string | undefined;
}

/** Somebody else has changed files since they were read. Nothing was written. */
export class ChangedElsewhere extends Error {
  override readonly name = "ChangedElsewhere";
  readonly paths: readonly string[];

  constructor(paths: readonly string[]) {
    super(`Changed on disk since it was opened: ${paths.join(", ")}. Nothing was written.`);
    this.paths = paths;
  }
}

export async function versionOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
