import type { OrganisationOptions } from "../organisation.js";
import { readObject } from "./body.js";
import { type DocumentWork, workOnDocument } from "./document-work.js";
import { checkHost } from "./hosts.js";
import { HttpError, toHttpError } from "./http-error.js";
import { defaultLimits, type HttpLimits } from "./limits.js";
import { openApiDocument } from "./openapi.js";
import { getConfig, postDecrypt, postEncrypt, postUnwrap, type RouteTools } from "./sops-routes.js";
import { tokenCheck } from "./token.js";

/** Options of {@link httpHandler}. */
export interface HttpHandlerOptions {
  /** Called for each request, so an organisation can be created while the server runs. */
  readonly organisation: () => Promise<OrganisationOptions>;
  /** The bearer token of clients: a long random string without whitespace. */
  readonly token: string;
  /** Default: {@link defaultLimits}. */
  readonly limits?: Partial<HttpLimits> | undefined;
  /**
   * Host names of the server, without a port. Its IP addresses and `localhost` are always accepted. Set it if browsers
   * can reach the server. Default: any name is accepted.
   */
  readonly hosts?: readonly string[] | undefined;
  /** Does the slow work. Default: {@link workOnDocument}, in the thread of the handler. */
  readonly work?: DocumentWork | undefined;
  /** Called with unexpected errors, which the client does not see. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Called with a line for the log for a response with a warning. It contains nothing of the request. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

type Answer = (organisation: OrganisationOptions, body: Record<string, unknown>, tools: RouteTools) => Promise<object>;

/** By path. GET requests have no body. */
const routes: Readonly<Record<string, { readonly method: "GET" | "POST"; readonly answer: Answer }>> = {
  "/api/v1/org/sops/config": { method: "GET", answer: getConfig },
  "/api/v1/org/sops/encrypt": { method: "POST", answer: postEncrypt },
  "/api/v1/org/sops/decrypt": { method: "POST", answer: postDecrypt },
  "/api/v1/org/sops/unwrap": { method: "POST", answer: postUnwrap },
};

const documentPath = "/openapi.json";

/** Whether a path is part of the API. Log only these, so that clients cannot write into the log. */
export function isHttpPath(path: string): boolean {
  return path === documentPath || Object.hasOwn(routes, path);
}

/**
 * Creates a handler of the HTTP API that {@link openApiDocument} describes, for any runtime with `Request` and
 * `Response`. It never rejects: an error is a response `{"detail": "..."}`, which contains no value of a document and
 * no key.
 *
 * @example
 * ```ts
 * const handle = httpHandler({ organisation: async () => organisation, token: process.env.TOKEN! });
 * Deno.serve(handle);
 * ```
 */
export function httpHandler(options: HttpHandlerOptions): (request: Request) => Promise<Response> {
  const { hosts, work = workOnDocument, onError = () => {}, onNotice = () => {} } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const checkToken = tokenCheck(options.token);
  return async (request) => {
    try {
      const url = new URL(request.url);
      if (hosts !== undefined) checkHost(url, hosts);
      const { pathname } = url;
      const route = Object.hasOwn(routes, pathname) ? routes[pathname] : undefined;
      if (pathname === documentPath) {
        checkMethod(request, "GET");
        return json(200, openApiDocument({ pages: false }));
      }
      await checkToken(request);
      if (route === undefined)
        throw new HttpError(404, `There is nothing at this path. ${documentPath} lists all paths.`);
      checkMethod(request, route.method);
      const body = route.method === "POST" ? await readObject(request, limits.body) : {};
      return json(200, await route.answer(await options.organisation(), body, { limits, work, onNotice }));
    } catch (error) {
      const known = toHttpError(error);
      if (known !== undefined) return json(known.status, { detail: known.message }, known.headers);
      onError(error);
      return json(500, { detail: "Internal error. The server's log has the details." });
    }
  };
}

function checkMethod({ method }: Request, expected: "GET" | "POST"): void {
  if (method === expected) return;
  throw new HttpError(405, `Only ${expected} is allowed here.`, { allow: expected });
}

function json(status: number, value: object, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: {
      "content-type": "application/json",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...headers,
    },
  });
}
