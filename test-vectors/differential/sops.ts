/**
 * The sops command as a server that answers many jobs (the Go program in `sops-server`), and where it is found.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { VectorNode } from "../../packages/formats/test/vectors/tree.js";
import type { Rule } from "../../packages/isosops/dist/index.js";
import { serverPath } from "../tools.js";

export type Format = "yaml" | "json" | "dotenv" | "ini" | "binary";

/** What the command ends with and prints. */
export interface Outcome {
  /** The exit code of the command; 2 with "panic: ..." where it panics, -1 where it did not end, -2 where it died. */
  exit: number;
  message: string;
  /** The output; empty where it failed. */
  bytes: Buffer;
}

export interface TreeOutcome extends Outcome {
  /** The tree of each document that was read or decrypted, as `packages/formats/test/vectors/tree.ts` describes them. */
  branches: VectorNode[];
}

interface Conversion {
  format: Format;
  /** The same as `format` when left out. */
  outputFormat?: Format | undefined;
  indent?: number | undefined;
}

interface SopsEncryption extends Conversion {
  recipients: readonly string[];
  rule?: Rule | undefined;
  macOnlyEncrypted?: boolean | undefined;
}

export interface SopsServer {
  encrypt(text: string | Uint8Array, options: SopsEncryption): Promise<Outcome>;
  /** With the identities the server was started with. */
  decrypt(text: string | Uint8Array, options: Conversion & { ignoreMac?: boolean }): Promise<TreeOutcome>;
  /** What sops reads a plain text as. */
  read(text: string | Uint8Array, format: Format): Promise<TreeOutcome>;
  /** The plain text sops writes for trees. */
  emit(branches: readonly VectorNode[], format: Format): Promise<Outcome>;
  close(): Promise<void>;
}

/** Why there is no server to start; undefined where there is one. */
export const missing: string | undefined = existsSync(serverPath())
  ? undefined
  : "the sops server is not built: run `node test-vectors/install.js`, which needs Go";

interface Pending {
  line: string;
  resolve(answer: TreeOutcome): void;
}

interface Answer {
  id: number;
  exit: number;
  message?: string;
  text: string | null;
  branches?: VectorNode[];
}

/** Starts the server, with no key and no configuration but these identities. It is started again if sops takes it down. */
export async function startSops(identities: readonly string[], { timeout = 20_000 } = {}): Promise<SopsServer> {
  if (missing !== undefined) throw new Error(missing);
  const folder = mkdtempSync(join(tmpdir(), "isosops-sops-server-"));
  const environment = {
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    TMPDIR: folder,
    SOPS_AGE_KEY: identities.join("\n"),
  };
  const pending = new Map<number, Pending>();
  let count = 0;
  let isClosed = false;
  let child = start();

  function start(): ChildProcess {
    const started = spawn(serverPath(), [], { cwd: folder, env: environment, stdio: ["pipe", "pipe", "ignore"] });
    // A write to a server that has just died; what was to be written is sent to the next one.
    started.stdin.on("error", () => {});
    createInterface({ input: started.stdout }).on("line", (line) => {
      const { id, exit, message = "", text, branches = [] } = JSON.parse(line) as Answer;
      const job = pending.get(id);
      pending.delete(id);
      job?.resolve({ exit, message, bytes: Buffer.from(text ?? "", "base64"), branches });
    });
    started.on("close", (code) => {
      if (isClosed) return;
      // A server that has ended by itself has answered the job it ended for.
      if (code !== 0) {
        const [id, job] = pending.entries().next().value ?? [];
        if (id !== undefined) pending.delete(id);
        job?.resolve({ exit: -2, message: `the server died (${code})`, bytes: Buffer.alloc(0), branches: [] });
      }
      child = start();
      for (const { line } of pending.values()) child.stdin!.write(line);
    });
    return started;
  }

  function ask(job: Record<string, unknown>): Promise<TreeOutcome> {
    return new Promise((resolve) => {
      const id = count++;
      const line = `${JSON.stringify({ id, timeout, ...job })}\n`;
      pending.set(id, { line, resolve });
      child.stdin!.write(line);
    });
  }

  const encode = (text: string | Uint8Array) => Buffer.from(text as string).toString("base64");
  return {
    encrypt: (text, { format, outputFormat = format, recipients, rule = {}, macOnlyEncrypted, indent }) =>
      ask({
        do: "encrypt",
        input: format,
        output: outputFormat,
        text: encode(text),
        age: recipients.join(","),
        rule: Object.fromEntries(
          Object.entries(rule).map(([name, value]) => [name.replace(/[A-Z]/g, (a) => `_${a.toLowerCase()}`), value]),
        ),
        macOnlyEncrypted,
        indent,
      }),
    decrypt: (text, { format, outputFormat = format, ignoreMac, indent }) =>
      ask({ do: "decrypt", input: format, output: outputFormat, text: encode(text), ignoreMac, indent }),
    read: (text, format) => ask({ do: "read", input: format, text: encode(text) }),
    emit: (branches, format) => ask({ do: "emit", output: format, branches }),
    async close() {
      isClosed = true;
      const { exitCode } = child;
      if (exitCode === null) {
        const ended = new Promise((resolve) => child.on("close", resolve));
        child.stdin!.end();
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
