/** Brings the repositories of the suites, each at one commit, into the cache. None of it becomes part of this repository. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder } from "../tools.js";

/** The commits that the suites are written for. */
const commits = {
  "getsops/sops": "15e36f97a8641769712da76b64aec4ea566be81e",
  "jkroepke/helm-secrets": "eed4b298c1992364f7c73bdeede89da0bdd7e418",
  "bats-core/bats-core": "d22e41faad59f5fd942a88c992b4913a27a460c4",
  "bats-core/bats-assert": "3be0fb7856791b4a64aef7a1336e965f5252e45f",
  "bats-core/bats-file": "c0bb8ef329908cbb2c456c05ebb785d44553f7cd",
  "bats-core/bats-support": "0954abb9925cad550424cebca2b99255d4eabe96",
  "aslafy-z/helm-git": "1cded0a4b8a2456a53df304e547de77b02f8baf5",
  "ansible-collections/community.sops": "55d88c71cb5c0a77aad41a844037262b5fdb8a1a",
  "nikaro/sopsy": "9da81ce56160725bf60fc930f2010525c0b60980",
  "signageos/vscode-sops": "9cc9a3f83a7328ec257ca7e5586b3b790b3f8410",
};

/** The beginning of the commit of a repository, for names of folders. */
export const commitOf = (repository) => commits[repository].slice(0, 12);

/**
 * @param {keyof typeof commits} repository
 * @returns {string} a folder with its files; not to be changed
 * @throws where it is not in the cache and GitHub cannot be reached
 */
export function bring(repository) {
  const commit = commits[repository];
  const folder = join(cacheFolder(), "clients", `${repository.replace("/", "+")}-${commitOf(repository)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const fetching = mkdtempSync(join(dirname(folder), "fetching-"));
  const git = (...args) =>
    execFileSync("git", ["-C", fetching, ...args], { stdio: ["ignore", "ignore", "pipe"], timeout: 300_000 });
  try {
    git("init", "--quiet");
    git("fetch", "--quiet", "--depth", "1", `https://github.com/${repository}`, commit);
    git("checkout", "--quiet", "FETCH_HEAD");
    renameSync(fetching, folder);
  } catch (cause) {
    rmSync(fetching, { recursive: true, force: true });
    const reason = String(cause.stderr ?? cause.message)
      .trim()
      .split("\n")
      .at(-1);
    throw new Error(`https://github.com/${repository} could not be fetched: ${reason}`, { cause });
  }
  return folder;
}

/** A copy of a repository in a folder, which may be changed. */
export function copyOf(repository, folder) {
  cpSync(bring(repository), folder, { recursive: true, verbatimSymlinks: true });
  return folder;
}
