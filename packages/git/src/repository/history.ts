/** The versions of all files in the history of some commits. */
import { nameOf } from "@isosops/node/internal/file-system/names";
import { gitParts, inGitFolder } from "./git.js";

/** A content that a file got in a commit. */
export interface HistoricFile {
  readonly id: string;
  /** From the top folder, with `/`. */
  readonly name: string;
  readonly commit: Commit;
}

/** A commit of a file. */
export interface Commit {
  /** Its hash. */
  readonly id: string;
  /** RFC 3339. */
  readonly time: string;
}

/**
 * Every change of a file in the commits that can be reached from some others, later ones first. A merge only has what none of its
 * parents has. Symbolic links and submodules are left out. Throws `GitError`.
 */
export async function* walkHistory(common: string, tips: readonly string[]): AsyncGenerator<HistoricFile> {
  const log = ["log", "--stdin", "--raw", "-z", "-c", "--root", "--no-renames", "--no-abbrev", "--format=%x01%H %cI"];
  let commit: Commit = { id: "", time: "" };
  let id: string | undefined;
  for await (const part of gitParts(common, [...inGitFolder, ...log], "\0", [tips.map((tip) => `${tip}\n`).join("")])) {
    const text = nameOf(part);
    if (text.startsWith("\x01")) {
      const [hash, time] = text.slice(1).split(" ") as [string, string];
      commit = { id: hash, time };
      continue;
    }
    const header = /^\n?(:+)(\d+(?: \d+)+) ([0-9a-f]+(?: [0-9a-f]+)+) [A-Z]+$/.exec(text);
    if (header !== null) {
      // As many modes and hashes as the commit has parents, and its own.
      const mode = header[2]!.split(" ").at(-1)!;
      id = mode.startsWith("100") ? header[3]!.split(" ").at(-1)! : undefined;
      continue;
    }
    if (id !== undefined && text !== "") yield { id, name: text, commit };
    id = undefined;
  }
}
