import type { OrganisationOptions } from "../organisation.js";
import { readObject } from "./body.js";
import { type DocumentWork, workOnDocument } from "./document-work.js";
import { checkHost } from "./hosts.js";
import { HttpError, toHttpError } from "./http-error.js";
import { defaultLimits, type HttpLimits } from "./limits.js";
import { openApiDocument } from "./openapi.js";
import { getConfig, postDecrypt, postEncrypt, type RouteTools } from "./sops-routes.js";
import { tokenCheck } from "./token.js";

export interface HttpHandlerOptions {
  /** Asked for each request, so that an organisation may come to be while the server runs. */
  readonly organisation: () => Promise<OrganisationOptions>;
  /** What clients have to know, without white space; make it long and random. */
  readonly token: string;
  /** Those of `defaultLimits` where left out. */
  readonly limits?: Partial<HttpLimits> | undefined;
  /**
   * Names by which clients reach the server, without a port; its IP addresses and `localhost` are always taken. Give a
   * list where browsers get to the server: without one, any name is taken.
   */
  readonly hosts?: readonly string[] | undefined;
  /** Does the work that takes long; `workOnDocument`, in the thread of the handler, when left out. */
  readonly work?: DocumentWork | undefined;
  /** Called with errors that nobody foresaw, of which the client is told nothing. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Called with what a log should have of an answer that carries a warning; it has nothing of the request in it. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

type Answer = (organisation: OrganisationOptions, body: Record<string, unknown>, tools: RouteTools) => Promise<object>;

/** By path and method; without a body for GET. */
const routes: Readonly<Record<string, { readonly method: "GET" | "POST"; readonly answer: Answer }>> = {
  "/api/v1/org/sops/config": { method: "GET", answer: getConfig },
  "/api/v1/org/sops/encrypt": { method: "POST", answer: postEncrypt },
  "/api/v1/org/sops/decrypt": { method: "POST", answer: postDecrypt },
};

const documentPath = "/openapi.json";

/** Whether a path is one of the API, for a log that clients cannot write into. */
export function isHttpPath(path: string): boolean {
  return path === documentPath || Object.hasOwn(routes, path);
}

/**
 * Answers requests of the HTTP API (`openApiDocument` describes it), in any runtime that has `Request` and `Response`.
 * It never rejects: what goes wrong is an answer `{"detail": "..."}`, which shows no value of a document and no key.
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
        return json(200, openApiDocument());
      }
      await checkToken(request);
      if (route === undefined) throw new HttpError(404, `There is nothing here. ${documentPath} lists what there is.`);
      checkMethod(request, route.method);
      const body = route.method === "POST" ? await readObject(request, limits.body) : {};
      return json(200, await route.answer(await options.organisation(), body, { limits, work, onNotice }));
    } catch (error) {
      const known = toHttpError(error);
      if (known !== undefined) return json(known.status, { detail: known.message }, known.headers);
      onError(error);
      return json(500, { detail: "The server has failed. Its own messages tell more." });
    }
  };
}

function checkMethod({ method }: Request, expected: "GET" | "POST"): void {
  if (method === expected) return;
  throw new HttpError(405, `This takes ${expected} and nothing else.`, { allow: expected });
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
