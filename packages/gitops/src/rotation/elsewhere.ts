/** Files as they stand elsewhere than in the folders: on branches of a repository, in its tags and stashes. */

/** A content that stands there, once or more often. */
export interface StoredContent {
  readonly id: string;
  /** Of the file, in one of its places. */
  readonly name: string;
  /** Undefined if it cannot be read. */
  readonly content: Uint8Array | undefined;
}

/** A file in one place, which is one object for all files in it. */
export interface StoredFile {
  readonly id: string;
  /** Where it is, or would be, in the folders. */
  readonly path: string;
  readonly place: Place;
}

export interface Place {
  /** For a message: `on the branch feature`. */
  readonly name: string;
  /** What lets the current key take the old one's place there: a command, and words around it. */
  readonly remedy: string;
  /** The same, where the old private key stands in a file, too. */
  readonly dropRemedy: string;
  /** Whether the folders are what this place holds, with changes that are not committed. */
  readonly isHere: boolean;
}

export interface Elsewhere {
  /** All contents in all places that hold one of these texts, or cannot be read, each once. Others may be among them. */
  list(texts: readonly string[]): AsyncIterable<StoredContent>;
  /** Where contents stand. */
  locate(ids: ReadonlySet<string>): AsyncIterable<StoredFile>;
  /** Of files that are not in the folders, those that are in a place. */
  find(paths: readonly string[]): Promise<ReadonlySet<string>>;
  /** When a file was there last, for a message; undefined if nobody knows. */
  lastSeen(path: string): Promise<string | undefined>;
}
