/** A host of static files, as plain as one can be: the built pages below a folder, and nothing else. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

/** The built pages. */
export const built = fileURLToPath(new URL("../dist/", import.meta.url));

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
};

/** A host that was started. */
export interface StaticHost {
  /** The address of the first page, such as `http://localhost:1234/tools/secrets/`. */
  readonly address: string;
  /** Every request that came: the method and the path with the query. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

/** @param folder of the pages on the host; a page must not depend on it */
export async function startStaticHost(folder = "/tools/secrets/"): Promise<StaticHost> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const { pathname } = new URL(request.url ?? "/", "http://host");
    const file = fileOf(pathname, folder);
    if (file === undefined) return void response.writeHead(404, { "content-type": "text/html" }).end("<p>Not found");
    const type = types[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "cache-control": "no-cache" }).end(readFileSync(file));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  // A service worker needs HTTPS or this name.
  return { address: `http://localhost:${portOf(server)}${folder}`, requests, stop: () => stop(server) };
}

function fileOf(pathname: string, folder: string): string | undefined {
  if (!pathname.startsWith(folder)) return undefined;
  const path = normalize(join(built, decodeURIComponent(pathname.slice(folder.length)) || "index.html"));
  return path.startsWith(built) && existsSync(path) && statSync(path).isFile() ? path : undefined;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the host has no port");
  return address.port;
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((closed) => {
    server.close(() => closed());
  });
}
