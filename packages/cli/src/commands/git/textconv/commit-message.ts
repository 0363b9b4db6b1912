import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

/**
 * Whether the output is for the message of a commit: with `--verbose`, or `commit.verbose`, Git shows the diff in the editor, and keeps
 * it in `.git/COMMIT_EDITMSG`. It says so only by which of its processes asks. On Windows, nobody can tell in a short time.
 */
export async function isForCommitMessage(): Promise<boolean> {
  if (process.platform === "win32") return false;
  let id = process.ppid;
  // Between Git and this process, there are shells, and scripts that start it.
  for (let level = 0; level < 8 && id > 1; level++) {
    const found = await (process.platform === "linux" ? readProcess(id) : askPs(id)).catch(() => undefined);
    if (found === undefined) return false;
    const command = commandOfGit(found.words);
    if (command !== undefined) return command === "commit";
    id = found.parent;
  }
  return false;
}

interface Process {
  readonly words: readonly string[];
  readonly parent: number;
}

async function readProcess(id: number): Promise<Process> {
  const [words, status] = await Promise.all([
    readFile(`/proc/${id}/cmdline`, "latin1"),
    readFile(`/proc/${id}/status`, "latin1"),
  ]);
  return { words: words.split("\0"), parent: Number(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? 0) };
}

function askPs(id: number): Promise<Process> {
  return new Promise((resolve, reject) => {
    execFile("ps", ["-o", "ppid=", "-o", "args=", "-p", String(id)], (error, stdout) => {
      const [parent, ...words] = stdout.trim().split(/\s+/);
      if (error !== null) reject(error);
      else resolve({ words, parent: Number(parent) });
    });
  });
}

/** Options of `git` whose value is the next word. */
const withValue = new Set(["-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env"]);

/** Which command of Git a process is; undefined for another program. */
function commandOfGit([program = "", ...words]: readonly string[]): string | undefined {
  const name = program.replace(/^.*\//, "");
  if (name.startsWith("git-")) return name.slice("git-".length);
  if (name !== "git") return undefined;
  for (let at = 0; at < words.length; at++) {
    if (withValue.has(words[at]!)) at++;
    else if (!words[at]!.startsWith("-")) return words[at];
  }
  return "";
}
