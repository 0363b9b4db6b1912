/** A Git repository of a test, with the command and its drivers on the path. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { bin, isosops, keyPath, makeFolder, type Outcome, run } from "./support.js";

export interface Repository {
  /** Contains all that a test leaves. */
  home: string;
  cwd: string;
  /** With the key `first`. */
  env: Record<string, string>;
  path(name: string): string;
  write(name: string, content: string): void;
  read(name: string): string;
  /** Throws if Git fails. */
  git(...args: string[]): string;
  tryGit(...args: string[]): Promise<Outcome>;
  commit(): void;
  isosops(...args: string[]): Promise<Outcome>;
  /** Without a key. */
  keyless(...args: string[]): Promise<Outcome>;
}

export function makeRepository(): Repository {
  const home = makeFolder();
  const cwd = join(home, "repository");
  const tools = join(home, "tools");
  for (const folder of [cwd, tools, join(home, "tmp")]) mkdirSync(folder);
  symlinkSync(bin, join(tools, "isosops"));
  chmodSync(bin, 0o755);
  writeFileSync(
    join(home, "gitconfig"),
    "[user]\nname = Ann\nemail = ann@team.example\n[init]\ndefaultBranch = main\n",
  );
  const keyless = {
    HOME: home,
    XDG_CONFIG_HOME: join(home, "config"),
    GIT_CONFIG_GLOBAL: join(home, "gitconfig"),
    GIT_CONFIG_NOSYSTEM: "1",
    TMPDIR: join(home, "tmp"),
    PATH: [tools, dirname(process.execPath), process.env.PATH].join(delimiter),
  };
  const env = { ...keyless, SOPS_AGE_KEY_FILE: keyPath("first") };
  const git = (...args: string[]) => execFileSync("git", args, { cwd, env, encoding: "utf8", maxBuffer: 1e8 });
  git("init", "--quiet");
  return {
    home,
    cwd,
    env,
    path: (name) => join(cwd, name),
    write(name, content) {
      mkdirSync(dirname(join(cwd, name)), { recursive: true });
      writeFileSync(join(cwd, name), content);
    },
    read: (name) => readFileSync(join(cwd, name), "utf8"),
    git,
    tryGit: (...args) => run("git", args, { cwd, env }),
    commit() {
      git("add", "--all");
      git("commit", "--quiet", "--message", "Change");
    },
    isosops: (...args) => isosops(args, { cwd, env }),
    keyless: (...args) => isosops(args, { cwd, env: keyless }),
  };
}

/** The files below the home of a repository, and its objects, that contain one of the texts. */
export function holdersOf({ home, cwd }: Repository, texts: readonly string[]): string[] {
  const names = readdirSync(home, { recursive: true, encoding: "utf8" });
  const found = names.filter((name) => {
    const path = join(home, name);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
    const content = readFileSync(path);
    return texts.some((text) => content.includes(text));
  });
  const objects = execFileSync("git", ["cat-file", "--batch", "--batch-all-objects"], { cwd, maxBuffer: 1e8 });
  return texts.some((text) => objects.includes(text)) ? [...found, "objects"] : found;
}
