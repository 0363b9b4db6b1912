/** A repository with the real server over it, for tests of the pages. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { built } from "./static-host.js";

const bin = fileURLToPath(new URL("../../cli/bin/isosops.cjs", import.meta.url));

export const passphrase = "correct horse battery staple";

/** A Git repository in a folder of its own, with a home of its own. */
export interface Repository {
  readonly folder: string;
  /** What programs that work in it have as their environment. */
  readonly env: Readonly<Record<string, string>>;
  read(path: string): string;
  write(path: string, text: string): void;
  git(...args: string[]): string;
  /** Runs the command of ours. */
  isosops(args: readonly string[], env?: Readonly<Record<string, string>>): string;
  remove(): void;
}

export function makeRepository(): Repository {
  const home = mkdtempSync(join(tmpdir(), "isosops-pages-"));
  const folder = join(home, "repository");
  mkdirSync(folder);
  const env = {
    HOME: home,
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    XDG_CONFIG_HOME: join(home, "config"),
    ISOSOPS_HOME: join(home, "keyring"),
    GIT_CONFIG_GLOBAL: join(home, "gitconfig"),
  };
  writeFileSync(env.GIT_CONFIG_GLOBAL, "[user]\nname = ann\nemail = ann@team.example\n");
  const run = (program: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    execFileSync(program, args, {
      cwd: folder,
      env: { ...env, ...more },
      encoding: "utf8",
      stdio: "pipe",
      timeout: 60_000,
    });
  run("git", ["init", "--quiet", "--initial-branch=main"]);
  return {
    folder,
    env,
    read: (path) => readFileSync(join(folder, path), "utf8"),
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    git: (...args) => run("git", args),
    isosops: (args, more) => run(process.execPath, [bin, ...args], { ISOSOPS_PASSPHRASE: passphrase, ...more }),
    remove: () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** A server that runs. */
export interface Served {
  /** Its address with a link to sign in as an administrator, once. */
  readonly address: string;
  readonly port: number;
  /** All that it has printed. */
  readonly output: () => string;
  stop(): Promise<void>;
  /** Ends it in the middle of whatever it does. */
  kill(): Promise<void>;
}

/** @param port 0 for any that is free */
export async function serve(
  repository: Repository,
  {
    port = 0,
    args = [],
    env = {},
  }: { port?: number; args?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Promise<Served> {
  if (!existsSync(join(built, "index.html"))) throw new Error("the pages are not built: node packages/web/build.js");
  const flags = [
    "org",
    "serve",
    "--ui-folder",
    built,
    "--root",
    repository.folder,
    "--listen",
    `127.0.0.1:${port}`,
    ...args,
  ];
  const server = spawn(process.execPath, [bin, ...flags], {
    cwd: repository.folder,
    env: { ...repository.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const address = await new Promise<string>((resolve, reject) => {
    const read = (piece: Buffer) => {
      output += piece;
      const link = /http:\/\/\S+\/#link=[\w-]+/.exec(output)?.[0];
      if (link !== undefined) resolve(link);
    };
    server.stdout.on("data", read);
    server.stderr.on("data", read);
    server.once("exit", () => reject(new Error(`the server has ended: ${output}`)));
  });
  const end = (signal: "SIGTERM" | "SIGKILL") => ended(server, signal);
  return {
    address,
    port: Number(new URL(address).port),
    output: () => output,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}

function ended(server: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    server.once("exit", () => resolve());
    server.kill(signal);
  });
}
