/** Leads requests to a service on this machine, also from a page: with the headers by which a service allows one (CORS). */
import { request as ask, createServer } from "node:http";

/**
 * A request is passed on as it is, its host included: the host is signed.
 *
 * @param {string} upstream URL of the service, without TLS; the path of a request follows it
 * @returns {Promise<{ url: string, stop(): Promise<void> }>}
 */
export async function startCorsProxy(upstream) {
  const { hostname, port, pathname } = new URL(upstream);
  const prefix = pathname.replace(/\/$/, "");
  const server = createServer((request, response) => {
    response.setHeader("access-control-allow-origin", "*").setHeader("access-control-expose-headers", "*");
    const { "access-control-request-method": wantedMethod, "access-control-request-headers": wantedHeaders } =
      request.headers;
    if (request.method === "OPTIONS" && wantedMethod !== undefined) {
      response.setHeader("access-control-allow-methods", wantedMethod);
      if (wantedHeaders !== undefined) response.setHeader("access-control-allow-headers", wantedHeaders);
      response.writeHead(204).end();
      return;
    }
    const { method, url, headers } = request;
    const passedOn = ask({ hostname, port, method, path: prefix + url, headers }, (answer) => {
      response.writeHead(answer.statusCode, withoutCors(answer.headers));
      answer.pipe(response);
    });
    passedOn.on("error", () => response.destroy());
    request.pipe(passedOn);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Moto allows pages, too, and a page refuses a header that is there twice. */
function withoutCors(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("access-control-")));
}
