import { type Commit, GitError, type Scanned, scanHistory } from "@isosops/git";
import { readConfig } from "@isosops/git/internal/repository/config";
import { git } from "@isosops/git/internal/repository/git";
import { listTips } from "@isosops/git/internal/repository/refs";
import { listWorkTrees } from "@isosops/git/internal/repository/work-trees";
import { realpathSync } from "@isosops/node/internal/file-system/fs";
import { nameOf } from "@isosops/node/internal/file-system/names";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { findAllKeys } from "../../../keyring/find-all-keys.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { type Colors, colorsFor } from "../../../terminal/colors.js";
import { warn } from "../../../terminal/messages.js";
import { plural } from "../../../terminal/plural.js";
import { printable, printableJson } from "../../../terminal/printable.js";
import { createProgress } from "../../../terminal/progress.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { topFolder, withGit } from "../repository.js";
import type { ScanFlags } from "./flags.js";

/** `isosops git scan`. */
export async function scanCommand({ all, json, key }: ScanFlags): Promise<void> {
  const top = topFolder();
  const scanned = await withGit(() => scan(top, all === true, key !== false));
  await writeStdout(json === true ? printableJson(scanned) : toText(scanned));
  if (scanned.unread > 0) {
    warn(
      `${plural(scanned.unread, "content")} of the history could not be read: missing in a partial clone, or too large.`,
    );
  }
  if (scanned.plain.length > 0) process.exitCode = exitCodes.findings;
}

async function scan(top: string, all: boolean, withKeys: boolean): Promise<Scanned> {
  const common = realpathSync(resolve(top, nameOf(await git(top, ["rev-parse", "--git-common-dir"])).trimEnd()));
  if ((await git(top, ["rev-parse", "--is-shallow-repository"])).toString().trim() === "true") {
    warn("This clone is shallow: what came before is not searched. `git fetch --unshallow` gets it.");
  }
  const tips = all ? await allTips(common, top) : [await head(top)];
  const progress = createProgress((done) => `${done} contents read`);
  try {
    return await scanHistory(common, tips, withKeys ? await findAllKeys({}) : {}, progress.step);
  } finally {
    progress.end();
  }
}

async function head(top: string): Promise<string> {
  try {
    return (await git(top, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])).toString().trim();
  } catch (error) {
    if (!(error instanceof GitError) || error.isMissing) throw error;
    throw new GitError("there is no commit here yet");
  }
}

/** Commits alone: a ref may also name a folder or a file. */
async function allTips(common: string, top: string): Promise<string[]> {
  const trees = listWorkTrees(common, await readConfig(common), top);
  const tips = await listTips(common, trees, "all");
  const ids = new Set(tips.filter(({ type }) => type === undefined).map(({ id }) => id));
  return ids.size === 0 ? [await head(top)] : [...ids];
}

function toText({ plain, formerReaders, contents, hasValues }: Scanned): string {
  const colors = colorsFor(process.stdout);
  const lines: string[] = [];
  if (plain.length > 0) {
    lines.push(colors.red("In plain text in the history:"));
    for (const { file, versions, first, last, names } of plain) {
      lines.push(`  ${colors.bold(printable(file))}: ${plural(versions, "version")}, ${range(first, last)}`);
      lines.push(
        `    ${plural(names.length, "secret")}: ${names.slice(0, mostNames).map(printable).join(", ")}${names.length > mostNames ? ", ..." : ""}`,
      );
    }
    lines.push(
      "Change these secrets: everybody with a copy of the repository has them, whatever is removed from it now.",
    );
  }
  if (formerReaders.length > 0) lines.push(...readerLines(formerReaders, colors));
  const looked = `${plural(contents, "content")} searched`;
  const how = hasValues ? "" : "; without a key, only for versions of the same files";
  lines.push(plain.length === 0 ? `${colors.green("No secret in plain text")}: ${looked}${how}.` : `${looked}${how}.`);
  return lines.map((line) => `${line}\n`).join("");
}

/** How many names of secrets are printed for a file. */
const mostNames = 10;

function readerLines(readers: Scanned["formerReaders"], colors: Colors): string[] {
  const lines = [colors.yellow("Readers who are gone, and open older versions:")];
  for (const { reader, files, versions, last } of readers) {
    lines.push(
      `  ${printable(reader)}: ${plural(versions, "version")} of ${plural(files.length, "file")}, last in ${shown(last)}`,
    );
    lines.push(`    ${files.slice(0, mostNames).map(printable).join(", ")}${files.length > mostNames ? ", ..." : ""}`);
  }
  return [...lines, "Values that have not changed since then are known to them."];
}

function range(first: Commit, last: Commit): string {
  return first.id === last.id ? `in ${shown(last)}` : `from ${shown(first)} to ${shown(last)}`;
}

function shown({ id, time }: Commit): string {
  return `${id.slice(0, 12)} of ${time}`;
}
