/** Versions of files outside of the folders: on branches, in tags, in stashes and in the index of a repository. */

/** A content that occurs there at least once. */
export interface StoredContent {
  readonly id: string;
  /** The name of the file in one of its places. */
  readonly name: string;
  /** Undefined if it cannot be read. */
  readonly content: Uint8Array | undefined;
  /** Why it cannot be read, and what to do, for a message. */
  readonly problem?: string | undefined;
}

/** A file in one place. All files in a place have the same `place` object. */
export interface StoredFile {
  readonly id: string;
  /** The path that it has, or would have, in the folders. */
  readonly path: string;
  readonly place: Place;
}

/** A branch, tag or stash, or an index. */
export interface Place {
  /** For a message: `on the branch feature`. */
  readonly name: string;
  /** How to replace the old key by the current one there: a command in a sentence. */
  readonly remedy: string;
  /** The same, if a file also contains the old private key. */
  readonly dropRemedy: string;
  /** Whether this place is checked out in the folders. */
  readonly isHere: boolean;
  /** Whether it stays as it is, like a tag. */
  readonly isFixed: boolean;
}

/** Access to the versions of files outside of the folders. */
export interface Elsewhere {
  /**
   * Lists all contents, in all places, that contain one of these strings or cannot be read, each once. May list others,
   * too.
   */
  list(texts: readonly string[]): AsyncIterable<StoredContent>;
  /** Lists the places of contents. */
  locate(ids: ReadonlySet<string>): AsyncIterable<StoredFile>;
  /** Returns those of the paths, which are not in the folders, that exist in some place. */
  find(paths: readonly string[]): Promise<ReadonlySet<string>>;
  /** Tells when a file last existed, for a message; undefined if unknown. */
  lastSeen(path: string): Promise<string | undefined>;
}
