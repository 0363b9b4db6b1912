import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";

/**
 * Answer a request of Node's server with a handler of the web's kind. Of a body that the handler leaves unread, what
 * still comes is thrown away for a moment, so that the client gets to read the answer, and then the connection is closed.
 */
export async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handler: (request: Request) => Promise<Response>,
): Promise<number> {
  const response = await respond(incoming, handler);
  const body = Buffer.from(await response.arrayBuffer());
  response.headers.forEach((value, name) => {
    outgoing.setHeader(name, value);
  });
  outgoing.setHeader("content-length", body.length);
  if (!incoming.complete) {
    outgoing.setHeader("connection", "close");
    incoming.on("error", () => {}).resume();
    setTimeout(() => incoming.destroy(), patience).unref();
  }
  outgoing.writeHead(response.status);
  outgoing.end(incoming.method === "HEAD" ? undefined : body);
  return response.status;
}

/** In milliseconds. */
const patience = 2000;

async function respond(incoming: IncomingMessage, handler: (request: Request) => Promise<Response>): Promise<Response> {
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
