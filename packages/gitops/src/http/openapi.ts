const problem = {
  description: "What is wrong, and what to do.",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

/** The error responses of every operation with a body. */
const problems = {
  "400": problem,
  "401": { $ref: "#/components/responses/Unauthorized" },
  "409": problem,
  "413": problem,
  "415": problem,
  "421": problem,
  "422": problem,
  "500": problem,
  "503": problem,
};

function post(summary: string, description: string, operationId: string, request: string, response: string): object {
  return {
    post: {
      operationId,
      summary,
      description,
      requestBody: { required: true, content: jsonOf(request) },
      responses: { "200": { description: "Done.", content: jsonOf(response) }, ...problems },
    },
  };
}

function jsonOf(schema: string): object {
  return { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } };
}

function objectOf(properties: Record<string, object>, required: readonly string[] = Object.keys(properties)): object {
  return { type: "object", properties, required };
}

const text = { type: "string" };

/** Returns the OpenAPI 3.1.1 description of the API of {@link httpHandler}. */
export function openApiDocument(): object {
  return {
    openapi: "3.1.1",
    info: {
      title: "isosops",
      version: "1",
      description: "Encrypts and decrypts SOPS documents for one organisation.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    paths: {
      "/api/v1/org/sops/config": {
        get: {
          operationId: "getConfig",
          summary: "The organisation's public key, and whether encryption is enabled",
          responses: {
            "200": { description: "Also where there is no key yet.", content: jsonOf("Config") },
            "401": { $ref: "#/components/responses/Unauthorized" },
            "421": problem,
            "500": problem,
            "503": problem,
          },
        },
      },
      "/api/v1/org/sops/encrypt": post(
        "Encrypt named values of a document",
        "A document that is encrypted already keeps what is encrypted, and the named values are added. The key that a document is encrypted for is not destroyed within the hour that follows: save the document by then, where those who rotate the key look for files.",
        "encrypt",
        "EncryptRequest",
        "EncryptResponse",
      ),
      "/api/v1/org/sops/decrypt": post(
        "Decrypt a document",
        "Also while encryption is disabled. A document that is not encrypted is given back as it is.",
        "decrypt",
        "DecryptRequest",
        "DecryptResponse",
      ),
      "/openapi.json": {
        get: {
          operationId: "getDocument",
          summary: "This document",
          security: [],
          responses: {
            "200": { description: "OpenAPI 3.1.", content: { "application/json": { schema: { type: "object" } } } },
            "421": problem,
          },
        },
      },
    },
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      responses: {
        Unauthorized: {
          ...problem,
          description: "The token is missing or wrong.",
          headers: { "WWW-Authenticate": { schema: text } },
        },
      },
      schemas: {
        Config: objectOf({
          organisation_id: { type: ["string", "null"], description: "Null where there is no key yet." },
          age_public_key: { type: ["string", "null"], description: "`age1...`, what documents are encrypted for." },
          enabled: { type: "boolean", description: "While false, documents are given back unencrypted." },
          initialized: { type: "boolean", description: "Whether there is a key." },
        }),
        EncryptRequest: objectOf({
          yaml_content: { ...text, description: "YAML, of one document or several." },
          encrypted_paths: {
            type: "array",
            items: text,
            minItems: 1,
            description:
              "Names of keys, as sops matches them, at any depth: `password`. With a leading dot, the name with that dot: `.dockerconfigjson`. With dots inside, a path from the top, matched as such where sops has a rule for it.",
          },
        }),
        EncryptResponse: objectOf(
          {
            encrypted_yaml: text,
            success: { const: true },
            warning: {
              ...text,
              description:
                "What a person should know, the sentences of `warnings` in one text: that encryption is disabled and nothing was encrypted, that a name matched otherwise than it was meant, or which of the values were added since the document was last sealed, so that nobody vouches for them.",
            },
            warnings: { type: "array", items: text, description: "The same one by one." },
          },
          ["encrypted_yaml", "success"],
        ),
        DecryptRequest: objectOf({ encrypted_yaml: text }),
        DecryptResponse: objectOf({
          decrypted_content: text,
          is_encrypted: { type: "boolean", description: "Whether the document was encrypted." },
        }),
        Problem: objectOf({ detail: text }),
      },
    },
  };
}
