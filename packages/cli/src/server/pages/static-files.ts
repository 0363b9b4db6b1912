/** The pages themselves: all in memory, so that no request reads a file by its path. */
import { extname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { readFileSync, readFolder } from "@isosops/node/internal/file-system/fs";
import { reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { builtInPages } from "./built-in.js";

/** Answers a request for a file of the pages; undefined if there is none at the path. */
export type StaticFiles = (pathname: string, request: Request) => Response | undefined;

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Those that a build names by their content. */
const hashed = /^\/assets\/.+-[\w-]{8,}\.\w+$/;

/** What a page may do that says nothing itself. */
const strictest =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'";

interface StaticFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly compressed: Uint8Array<ArrayBuffer>;
}

/**
 * The pages that are part of the command, or those in a folder. Throws `CommandError` if there are none.
 *
 * @param folder a build of `packages/web`
 */
export function staticFiles(folder: string | undefined): StaticFiles {
  const contents = folder === undefined ? builtIn() : readFolderOf(folder);
  const index = contents.get("/index.html");
  if (index === undefined) {
    throw new CommandError(
      exitCodes.readInput,
      `${folder}: there is no index.html in it. Give the folder of built pages.`,
    );
  }
  const policy = policyOf(gunzipSync(index).toString());
  const files = new Map<string, StaticFile>();
  for (const [path, compressed] of contents) {
    files.set(path, { headers: headersOf(path, policy), compressed: new Uint8Array(compressed) });
  }
  files.set("/", files.get("/index.html")!);
  return (pathname, request) => {
    const file = files.get(pathname);
    if (file === undefined) return undefined;
    if (request.method !== "GET") {
      return new Response(null, { status: 405, headers: { ...file.headers, allow: "GET" } });
    }
    const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(request.headers.get("accept-encoding") ?? "");
    if (!takesGzip) return new Response(new Uint8Array(gunzipSync(file.compressed)), { headers: file.headers });
    return new Response(file.compressed, { headers: { ...file.headers, "content-encoding": "gzip" } });
  };
}

function builtIn(): Map<string, Buffer> {
  const pages = builtInPages();
  if (pages !== undefined)
    return new Map(Object.entries(pages).map(([path, text]) => [path, Buffer.from(text, "base64")]));
  throw new CommandError(
    exitCodes.generic,
    "This build of isosops has no pages in it. Install the package from npm, or build them (`pnpm build` of the repository), or name the folder of built pages: --ui-folder FOLDER.",
  );
}

/** In bytes. */
const longest = 64 * 1024 * 1024;

function readFolderOf(top: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  let length = 0;
  const add = (folder: string, prefix: string): void => {
    for (const entry of readFolder(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) add(path, `${prefix}${entry.name}/`);
      else if (entry.isFile()) {
        const bytes = readFileSync(path);
        length += bytes.length;
        if (length > longest) throw new Error(`there are more than ${longest} bytes in it`);
        found.set(`${prefix}${encodeURI(entry.name)}`, gzipSync(bytes));
      }
    }
  };
  try {
    add(top, "/");
  } catch (error) {
    throw new CommandError(
      exitCodes.readInput,
      `--ui-folder ${top}: the pages cannot be read: ${reasonOf(error)}.`,
      error,
    );
  }
  return found;
}

/** The policy that the page itself has, with what only a header can say. */
function policyOf(html: string): string {
  const [, own] = /<meta\s[^>]*http-equiv="Content-Security-Policy"\s[^>]*content="([^"]*)"/i.exec(html) ?? [];
  return `${own ?? strictest}; frame-ancestors 'none'`;
}

function headersOf(path: string, policy: string): Record<string, string> {
  return {
    "content-type": types[extname(path)] ?? "application/octet-stream",
    // The service worker and its page are asked for each time, to learn of a new version.
    "cache-control": hashed.test(path)
      ? "public, max-age=31536000, immutable"
      : path === "/index.html"
        ? "no-store"
        : "no-cache",
    vary: "accept-encoding",
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  };
}
