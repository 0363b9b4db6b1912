import { isChange, type Operation, operations } from "./operations.js";
import { documentSchemas, pageSchemas } from "./schemas.js";

const problem = {
  description: "What is wrong, and what to do.",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

function jsonOf(schema: string): object {
  return { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } };
}

/** Options of {@link openApiDocument}. */
export interface OpenApiOptions {
  /** Whether the routes of the pages are in it. Default: true. */
  readonly pages?: boolean | undefined;
}

/** Returns the OpenAPI 3.1.1 description of the API of {@link httpHandler}. */
export function openApiDocument({ pages = true }: OpenApiOptions = {}): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    if (operation.pages && !pages) continue;
    paths[operation.path] ??= {};
    paths[operation.path]![operation.method.toLowerCase()] = describe(operation, pages);
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "isosops",
      version: "1",
      description: "Encrypts and decrypts SOPS documents for one organisation.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }, ...(pages ? [{ session: [], csrf: [] }] : [])],
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        ...(pages
          ? {
              session: {
                type: "apiKey",
                in: "cookie",
                name: "__Host-isosops",
                description: "Set by `signIn`. Without TLS, `isosops` and the port.",
              },
              csrf: {
                type: "apiKey",
                in: "header",
                name: "X-Isosops-CSRF",
                description: "`csrf` of the session, in requests that change something.",
              },
            }
          : {}),
      },
      responses: {
        Unauthorized: {
          ...problem,
          description: "The token is missing or wrong, or nobody is signed in.",
          headers: { "WWW-Authenticate": { schema: { type: "string" } } },
        },
      },
      schemas: { ...documentSchemas, ...(pages ? pageSchemas : {}) },
    },
  };
}

function describe(operation: Operation, pages: boolean): object {
  const { id, summary, description, role, query = [], request, status = 200, response } = operation;
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    ...securityOf(operation, pages),
    ...(role === "anyone" || !pages ? {} : { "x-role": role }),
    ...(query.length === 0
      ? {}
      : {
          parameters: query.map((name) => ({
            name,
            in: "query",
            required: true,
            description: "The path of a file, from the root folder, with `/`.",
            schema: { type: "string" },
          })),
        }),
    ...(request === undefined ? {} : { requestBody: { required: true, content: jsonOf(request) } }),
    responses: {
      [status]:
        response === "events"
          ? {
              description: "The events.",
              content: { "text/event-stream": { schema: { $ref: "#/components/schemas/RunEvent" } } },
            }
          : { description: "Done.", content: jsonOf(response) },
      ...(response === "events" ? { "204": { description: "There is no run, or nothing more to say of it." } } : {}),
      ...problemsOf(operation),
    },
  };
}

function securityOf(operation: Operation, pages: boolean): object {
  if (operation.role === "anyone") return { security: [] };
  // Nothing else is asked of a request that changes nothing.
  return pages && !isChange(operation) ? { security: [{ token: [] }, { session: [] }] } : {};
}

function problemsOf(operation: Operation): Record<string, object> {
  const { id, role, pages, request, query } = operation;
  const found: Record<string, object> = { "421": problem };
  const add = (...statuses: string[]): void => {
    for (const status of statuses) found[status] = problem;
  };
  if (id === "getDocument") return found;
  add("403", "429", "500", "503");
  found["401"] = { $ref: "#/components/responses/Unauthorized" };
  if (request !== undefined) add("400", "409", "413", "415", "422");
  if (query !== undefined) add("404", "413", "422");
  if (pages && role !== "anyone") add("404", "409", "422");
  return found;
}
