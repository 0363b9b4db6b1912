/** Google Cloud Storage for the tests: uploads of the JSON API (uploadType media and multipart), in memory. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface CloudStorage {
  /** For STORAGE_EMULATOR_HOST. */
  readonly host: string;
  /** By `BUCKET/NAME`. */
  readonly objects: Map<string, string>;
  stop(): Promise<void>;
}

/** Starts it, with one bucket `bkt`. */
export async function startCloudStorage(): Promise<CloudStorage> {
  const objects = new Map<string, string>();
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces).toString("latin1");
    const url = new URL(request.url!, "http://x");
    const bucket = /\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(url.pathname)?.[1];
    const answer = (status: number, value: object) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    if (request.method !== "POST" || bucket === undefined) return answer(400, { error: { message: "not an upload" } });
    if (bucket !== "bkt") return answer(404, { error: { message: "The specified bucket does not exist." } });
    const parts =
      url.searchParams.get("uploadType") === "multipart"
        ? readParts(body, request.headers["content-type"]!)
        : undefined;
    const name = url.searchParams.get("name") ?? (JSON.parse(parts?.[0] ?? "{}") as { name?: string }).name!;
    const content = Buffer.from(parts?.[1] ?? body, "latin1").toString();
    objects.set(`${bucket}/${name}`, content);
    return answer(200, { kind: "storage#object", bucket, name, size: String(content.length) });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** The bodies of the parts of `multipart/related`. */
function readParts(body: string, type: string): string[] {
  const boundary = /boundary="?([^";]+)/.exec(type)![1]!;
  return body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => part.slice(part.indexOf("\r\n\r\n") + 4).replace(/\r\n$/, ""));
}
