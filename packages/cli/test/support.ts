/** Runs the real command, and sops where it is found, on files of a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";

export interface Outcome {
  exit: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd: string;
  env?: Record<string, string>;
  stdin?: string | Buffer;
  /** For what is written while it runs. */
  keepStdin?: boolean;
  /** In a session of its own, so that the developer's terminal is not asked for anything. */
  noTerminal?: boolean;
  /** Called once the process is there. */
  started?: (child: ChildProcess) => void;
}

interface Tools {
  findSops(): { version: string; path: string }[];
  /** The endings of files by their formats. */
  endings: Record<string, string>;
  encryptFlags(options: Record<string, unknown>, recipients: string[]): string[];
}

const vectors = new URL("../../../test-vectors/", import.meta.url);
// Through a variable, because these scripts have no types.
export const tools: Tools = (await import(new URL("tools.js", vectors).href)) as Tools;

export const bin: string = fileURLToPath(new URL("../bin/isosops.cjs", import.meta.url));

/** Plaintexts that must never be in a message. */
export const secrets: readonly string[] = ["plain-secret-1", "plain-secret-2", "424242"];

export const plainYaml = `# the web shop
user: shop   # not secret
password: ${secrets[0]}

nested:
  token: "${secrets[1]}"
  pin: ${secrets[2]}
  note_unencrypted: left alone
`;

export const plainJson = `{"user": "shop", "password": "${secrets[0]}", "pin": ${secrets[2]}}\n`;

export interface Key {
  recipient: string;
  identity: string;
}

export function readKey(name: "first" | "second" | "stranger"): Key {
  const text = readFileSync(keyPath(name), "utf8");
  return { recipient: /^# public key: (\S+)$/m.exec(text)![1]!, identity: /^AGE-SECRET-KEY-\S+$/m.exec(text)![0] };
}

export function keyPath(name: string): string {
  return fileURLToPath(new URL(`keys/${name}.txt`, vectors));
}

/** What sops 3.13.3 made, for the key `first`. */
export function vectorPath(path: string): string {
  return fileURLToPath(new URL(`data/${path}`, vectors));
}

export const first: Key = readKey("first");
export const second: Key = readKey("second");
export const stranger: Key = readKey("stranger");

const folders = mkdtempSync(join(tmpdir(), "isosops-cli-"));
afterAll(() => rmSync(folders, { recursive: true, force: true }));

/** A new folder with these files, removed when the tests of the file are over. */
export function makeFolder(files: Record<string, string | Buffer> = {}): string {
  const folder = mkdtempSync(join(folders, "test-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** Runs our command. No message may hold a secret, whatever happens. */
export async function isosops(args: readonly string[], options: RunOptions): Promise<Outcome> {
  const outcome = await run(process.execPath, [bin, ...args], options);
  for (const secret of [...secrets, first.identity, second.identity, stranger.identity]) {
    expect(outcome.stderr).not.toContain(secret);
    expect(outcome.stderr).not.toContain(secret.slice(0, 24));
  }
  return outcome;
}

export function run(program: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  const { cwd, env = {}, stdin, keepStdin = false, noTerminal = false, started } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      // Nothing of the developer's own keys and settings.
      env: { PATH: process.env.PATH ?? "", HOME: cwd, XDG_CONFIG_HOME: join(cwd, "config"), ...env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: noTerminal,
    });
    const outcome: Outcome = { exit: null, signal: null, stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      outcome.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      outcome.stderr += text;
    });
    child.stdin.on("error", () => {});
    if (!keepStdin) child.stdin.end(stdin ?? "");
    child.on("error", reject);
    child.on("close", (exit, signal) => resolve({ ...outcome, exit, signal }));
    started?.(child);
  });
}

/** What a folder holds, to see that nothing was touched: names and contents. */
export function contentsOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name)));
  return Object.fromEntries(
    names.sort().map((name) => {
      try {
        return [name, readFileSync(join(folder, name), "latin1")];
      } catch {
        return [name, "(a folder)"];
      }
    }),
  );
}

/** The sops to compare with: a 3.13, because exit codes have changed over the years. */
export const sops: string | undefined = tools.findSops().find(({ version }) => version.startsWith("3.13."))?.path;

/**
 * Why there is no sops to compare with. A test does what it can without sops, then `return skip(noSops)`: it is reported as
 * skipped, with this reason.
 */
export const noSops: string = "no sops 3.13 (set SOPS_BIN, or run test-vectors/install.js)";

/** Behind the name of what `skipIf` skips where sops is not there. */
export const skippedWithoutSops: string = sops === undefined ? ` (skipped: ${noSops})` : "";

if (sops === undefined) {
  // Set where they have to run, in CI.
  if (process.env.ISOSOPS_REQUIRE_LIVE) throw new Error(`The comparison with the sops command cannot run: ${noSops}.`);
  console.log(`The comparison with the sops command is skipped: ${noSops}.`);
}
