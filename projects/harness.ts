/** Makes projects that use the packed packages, and runs the real tools in them. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterAll, inject } from "vitest";

/** A version of Node as `tools.json` names it. */
export type NodeVersion = "20.19" | "22" | "24";

interface RunOptions {
  /** Beside the variables of the machine, of which those of sops, Node and the test runner are left out. */
  readonly env?: Record<string, string>;
  /** Standard input; else it is empty. */
  readonly input?: string;
  /** The Node that `node` and the commands of packages run on; else 24. */
  readonly node?: NodeVersion;
  /** A folder of the project; else its top. */
  readonly cwd?: string;
  /** In milliseconds, after which the processes are killed; else two minutes. */
  readonly timeout?: number;
}

interface Outcome {
  /** The exit code; null if a signal ended it. */
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that goes on, such as a server. */
interface Started {
  /** What it has printed so far, to both streams. */
  output(): string;
  /** Waits for the command to print what the pattern describes; throws if it ends, or takes a minute. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Kills it and all that it has started. */
  stop(): Promise<void>;
}

export interface Project {
  /** The absolute path of its folder. */
  readonly path: string;
  /** The text of a file in it. */
  read(name: string): string;
  write(name: string, content: string | Uint8Array): void;
  /** The paths of all files in a folder of it, relative to the project and sorted. */
  list(folder: string): string[];
  /** Runs a command to its end: `node`, `bun`, `deno`, a command of an installed package, or one of the machine. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Starts a command that does not end by itself. The end of the test file stops it. */
  start(command: string, args: readonly string[], options?: RunOptions): Started;
}

const runFolder = inject("runFolder");
const toolsFolder = inject("toolsFolder");
const reasons = inject("missingTools");
const running = new Set<ChildProcess>();

afterAll(() => {
  for (const child of running) killAll(child);
});

/**
 * Why tests with these tools are to be skipped, which is printed, too; undefined if all are there.
 *
 * @param names as in `tools.json`, or `bun` or `deno`
 * @throws {Error} if one is missing where none may be (`ISOSOPS_REQUIRE_LIVE`)
 */
export function missing(...names: string[]): string | undefined {
  const found = names.filter((name) => name in reasons).map((name) => `there is no ${name}: ${reasons[name]}`);
  if (found.length === 0) return undefined;
  const reason = found.join("; ");
  if (process.env.ISOSOPS_REQUIRE_LIVE) throw new Error(reason);
  console.warn(`Tests are skipped: ${reason}`);
  return reason;
}

/** Returns the path of a file in the package of a tool, such as `typescript-5.4/bin/tsc`. */
export function toolPath(file: string): string {
  return join(toolsFolder, "node_modules", file);
}

/**
 * Makes a project in a new folder. It finds our packages and the tools in node_modules of the folders above it.
 *
 * @param files contents by path; a package.json with `"type": "module"` is added where there is none
 */
export function makeProject(files: Record<string, string | Uint8Array>): Project {
  const path = mkdtempSync(join(runFolder, "project-"));
  const write = (name: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  };
  write("package.json", `{ "private": true, "type": "module" }\n`);
  for (const [name, content] of Object.entries(files)) write(name, content);
  return {
    path,
    read: (name) => readFileSync(join(path, name), "utf8"),
    write,
    list: (folder) =>
      readdirSync(join(path, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
        .sort(),
    run: (command, args, options) => run(path, command, args, options),
    start: (command, args, options) => start(path, command, args, options),
  };
}

function run(path: string, command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = launch(path, command, args, options);
  const stdout = collect(child.stdout!);
  const stderr = collect(child.stderr!);
  return new Promise((resolve, reject) => {
    const limit = options.timeout ?? 120_000;
    const timer = setTimeout(() => {
      killAll(child);
      reject(new Error(`${command} ${args.join(" ")} takes more than ${limit} ms:\n${stdout()}${stderr()}`));
    }, limit);
    child.on("error", reject);
    // What it has left behind would keep the streams open.
    child.on("exit", () => killAll(child));
    child.on("close", (exit) => {
      clearTimeout(timer);
      resolve({ exit, stdout: stdout(), stderr: stderr() });
    });
  });
}

function start(path: string, command: string, args: readonly string[], options: RunOptions = {}): Started {
  const child = launch(path, command, args, options);
  let text = "";
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  return {
    output: () => text,
    async printed(pattern) {
      const end = Date.now() + 60_000;
      for (;;) {
        const found = pattern.exec(text);
        if (found !== null) return found;
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`${command} has ended with ${child.exitCode ?? child.signalCode}:\n${text}`);
        if (Date.now() > end) throw new Error(`${command} has not printed ${pattern}:\n${text}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async stop() {
      const ended = new Promise((resolve) => child.once("close", resolve));
      if (running.has(child)) {
        killAll(child);
        await ended;
      }
    },
  };
}

function launch(path: string, command: string, args: readonly string[], options: RunOptions): ChildProcess {
  const cwd = join(path, options.cwd ?? ".");
  const child = spawn(command, args, {
    cwd,
    env: { ...cleanEnvironment(), PATH: searchPath(options.node), ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    // In a process group of its own, which can be killed as a whole.
    detached: true,
  });
  running.add(child);
  child.on("close", () => running.delete(child));
  // A command that reads no input may have ended before it is written.
  child.stdin!.on("error", () => {});
  child.stdin!.end(options.input ?? "");
  return child;
}

/** Where commands are looked for: the Node, our packages, the tools, the other runtimes, the machine. */
function searchPath(node: NodeVersion | undefined): string {
  const chosen = join(runFolder, "runtimes", `node-${node ?? "24"}`);
  if (node !== undefined && !existsSync(chosen))
    throw new Error(`there is no Node ${node}: ask missing("node-${node}") first`);
  return [
    existsSync(chosen) ? chosen : dirname(process.execPath),
    join(runFolder, "node_modules", ".bin"),
    join(toolsFolder, "node_modules", ".bin"),
    join(runFolder, "runtimes", "bun"),
    join(runFolder, "runtimes", "deno"),
    process.env.PATH,
  ].join(delimiter);
}

function cleanEnvironment(): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = { ...process.env };
  for (const name of Object.keys(env))
    if (/^(SOPS_|ISOSOPS_|NODE_|VITEST|VITE_|TEST$|DEV$|PROD$|MODE$|npm_|pnpm_|PNPM_|FORCE_COLOR$)/i.test(name))
      delete env[name];
  return {
    ...env,
    CI: "true",
    NO_COLOR: "1",
    NO_UPDATE_NOTIFIER: "1",
    NEXT_TELEMETRY_DISABLED: "1",
    ASTRO_TELEMETRY_DISABLED: "1",
    NUXT_TELEMETRY_DISABLED: "1",
    WRANGLER_SEND_METRICS: "false",
    DENO_NO_UPDATE_CHECK: "1",
  };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString("utf8");
}

function killAll(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // All have ended.
  }
}
