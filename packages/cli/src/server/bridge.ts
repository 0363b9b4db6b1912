import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";

/** A handler of the web's kind. */
export type Handler = (request: Request) => Promise<Response>;

/**
 * Answer a request of Node's server with a handler of the web's kind. Of a body that the handler leaves unread, what
 * still comes is thrown away for a moment, so that the client gets to read the answer, and then the connection is closed.
 *
 * @param streams gets the responses with events while they last
 */
export async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handler: Handler,
  streams: Set<ServerResponse>,
): Promise<number> {
  const response = await respond(incoming, handler);
  const { status } = response;
  const isStream = response.headers.get("content-type") === "text/event-stream" && response.body !== null;
  const body = isStream ? undefined : Buffer.from(await response.arrayBuffer());
  response.headers.forEach((value, name) => {
    outgoing.setHeader(name, value);
  });
  if (body !== undefined && status !== 204) outgoing.setHeader("content-length", body.length);
  if (!incoming.complete) {
    outgoing.setHeader("connection", "close");
    incoming.on("error", () => {}).resume();
    setTimeout(() => incoming.destroy(), patience).unref();
  }
  outgoing.writeHead(status);
  if (incoming.method === "HEAD") {
    await response.body?.cancel().catch(() => {});
    outgoing.end();
  } else if (body !== undefined) outgoing.end(body);
  else {
    streams.add(outgoing);
    await send(response.body!, outgoing);
    streams.delete(outgoing);
  }
  return status;
}

/** Until it ends, or the client has gone. */
async function send(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  // Of events, the client sees each at once.
  outgoing.socket?.setNoDelay(true);
  try {
    await pipeline(Readable.fromWeb(body as NodeReadableStream<Uint8Array>), outgoing);
  } catch {
    // The client has gone, or the server ends.
  }
}

/** In milliseconds. */
const patience = 2000;

async function respond(incoming: IncomingMessage, handler: Handler): Promise<Response> {
  let request: Request;
  try {
    request = toRequest(incoming);
  } catch {
    // A target that is no path, or a method that the web does not have.
    return Response.json({ detail: "This server does not accept such a request." }, { status: 400 });
  }
  return handler(request);
}

function toRequest(incoming: IncomingMessage): Request {
  const { method = "GET", url = "/" } = incoming;
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(targetOf(url, incoming.headers.host), {
    // The handler knows GET, and leaves out nothing but the body.
    method: method === "HEAD" ? "GET" : method,
    headers,
    ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream, duplex: "half" } : {}),
  } as RequestInit);
}

/**
 * A path is joined to the host and not resolved against it: `//localhost/config` would be one on another host, and the host
 * check would look at that. A whole URL names its host itself (RFC 9112, 3.2.2).
 *
 * @param host a request of HTTP/1.0 may be without
 */
function targetOf(target: string, host = "localhost"): URL {
  return new URL(target.startsWith("/") ? `http://${host}${target}` : target);
}
