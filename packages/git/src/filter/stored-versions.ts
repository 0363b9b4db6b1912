/** The versions of files in the index and the last commit, for a filter that is asked for one after the other. */
import { nameOf } from "@isosops/node/internal/file-system/names";
import { indexedFiles } from "../diff/changed-files.js";
import { GitError, gitParts, startGit } from "../repository/git.js";

export interface StoredVersions {
  /** The contents in the index and in the last commit, without duplicates. Throws `GitError`. */
  of(name: string): Promise<Buffer[]>;
  close(): void;
}

/** Lists the files once, and reads objects with one process. Throws `GitError`. */
export async function storedVersions(top: string): Promise<StoredVersions> {
  const staged = new Map((await indexedFiles(top)).map(({ name, id }) => [name, id]));
  const committed = await listHead(top);
  const read = startReader(top);
  return {
    async of(name) {
      const ids = new Set([staged.get(name), committed.get(name)].filter((id) => id !== undefined));
      const contents: Buffer[] = [];
      for (const id of ids) contents.push(await read.object(id));
      return contents;
    },
    close: read.close,
  };
}

async function listHead(top: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  try {
    for await (const part of gitParts(top, ["ls-tree", "-r", "-z", "--full-tree", "HEAD"], "\0")) {
      const tab = part.indexOf("\t");
      const [mode, , id] = part.toString("latin1", 0, tab).split(" ") as [string, string, string];
      if (mode.startsWith("100")) found.set(nameOf(part.subarray(tab + 1)), id);
    }
  } catch (error) {
    // Before the first commit.
    if (!(error instanceof GitError) || error.isMissing) throw error;
  }
  return found;
}

interface Reader {
  object(id: string): Promise<Buffer>;
  close(): void;
}

function startReader(top: string): Reader {
  const child = startGit(top, ["cat-file", "--batch"]);
  child.stderr.resume();
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  const pieces = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let held: Buffer = Buffer.alloc(0);
  const more = async (): Promise<void> => {
    const { done, value } = await pieces.next();
    if (done === true) throw new GitError("git cat-file has ended");
    held = Buffer.concat([held, value]);
  };
  return {
    async object(id) {
      child.stdin.write(`${id}\n`);
      let end = held.indexOf("\n");
      for (; end === -1; end = held.indexOf("\n")) await more();
      const [, type, size] = held.toString("latin1", 0, end).split(" ");
      held = held.subarray(end + 1);
      if (type !== "blob") throw new GitError(`the object ${id} is missing`);
      const length = Number(size);
      const parts = [held];
      let count = held.length;
      while (count <= length) {
        const { done, value } = await pieces.next();
        if (done === true) throw new GitError("git cat-file has ended");
        parts.push(value);
        count += value.length;
      }
      const all = Buffer.concat(parts);
      held = all.subarray(length + 1);
      return all.subarray(0, length);
    },
    close() {
      child.stdin.end();
      child.kill();
    },
  };
}
