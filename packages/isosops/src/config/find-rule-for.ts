import { SopsError } from "@isosops/core";
import type { CreationRule } from "./config.js";
import { findCreationRule } from "./find-rule.js";
import { parseConfig } from "./parse.js";

/** What reads files: `readFile` of `node:fs/promises`, or any function that returns the contents of a file. */
export interface ReadOptions {
  /**
   * Reads a file. For one that does not exist, it returns undefined or null, or throws what `readFile` of Node, Deno or
   * Bun throws.
   */
  readFile: (path: string) => string | Uint8Array | null | undefined | Promise<string | Uint8Array | null | undefined>;
  /**
   * The working folder, which `path` is relative to, and in which the search starts, as with sops. Default: the search
   * starts in the folder of the file.
   */
  folder?: string | undefined;
}

const configName = ".sops.yaml";

/** See `on-demand.ts`. */
export async function findCreationRuleFor(path: string, options: ReadOptions): Promise<CreationRule | undefined> {
  const { readFile, folder } = options ?? {};
  if (typeof path !== "string" || typeof readFile !== "function" || !["string", "undefined"].includes(typeof folder)) {
    throw new SopsError(
      "invalid_option",
      "Give the path of a file, and a function that reads files: `findCreationRuleFor(path, { readFile })`.",
    );
  }
  const file = splitPath(folder === undefined || isAbsolute(path) ? path : `${folder}/${path}`);
  const start = folder === undefined ? { ...file, parts: file.parts.slice(0, -1) } : splitPath(folder);
  for (const prefix of upwards(start)) {
    const filename = `${prefix}${configName}`;
    const text = await read(readFile, filename);
    if (text === undefined) continue;
    const config = await parseConfig(text, { filename });
    const whole = file.root + file.parts.join("/");
    return findCreationRule(config, whole.startsWith(prefix) ? whole.slice(prefix.length) : whole);
  }
  return undefined;
}

/** A path without `.` parts, and without `..` where the part before it is known. */
interface SplitPath {
  /** `/` or, on Windows, `C:/`; "" if the path is relative. */
  readonly root: string;
  readonly parts: readonly string[];
}

function isAbsolute(path: string): boolean {
  return /^(?:[A-Za-z]:)?[\\/]/.test(path);
}

function splitPath(path: string): SplitPath {
  // A backslash is part of a name elsewhere than on Windows.
  const slashed = /^(?:[A-Za-z]:)?\\/.test(path) || /^[A-Za-z]:\//.test(path) ? path.replaceAll("\\", "/") : path;
  const root = isAbsolute(slashed) ? /^[^/]*\/+/.exec(slashed)![0] : "";
  const parts: string[] = [];
  for (const part of slashed.slice(root.length).split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (root === "") parts.push(part);
  }
  return { root, parts };
}

/** A folder and those above it, nearest first, each with a `/` at its end; "" where relative paths start. */
function* upwards({ root, parts }: SplitPath): Iterable<string> {
  const last = parts.lastIndexOf("..") + 1;
  for (let depth = parts.length; depth >= last; depth--) {
    yield root +
      parts
        .slice(0, depth)
        .map((part) => `${part}/`)
        .join("");
  }
}

async function read(readFile: ReadOptions["readFile"], path: string): Promise<string | undefined> {
  let contents: string | Uint8Array | null | undefined;
  try {
    contents = await readFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new SopsError("config", `${path}: the configuration cannot be read.`, { cause: error });
  }
  if (contents === undefined || contents === null) return undefined;
  return typeof contents === "string" ? contents : new TextDecoder("utf-8", { ignoreBOM: true }).decode(contents);
}

/** As Node, Bun and Deno report it, and the file systems of browsers. */
function isMissing(error: unknown): boolean {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return code === "ENOENT" || code === "ENOTDIR" || name === "NotFound" || name === "NotFoundError";
}
