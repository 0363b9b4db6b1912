import type { Role } from "./api.js";

/** An operation of the HTTP API: what {@link openApiDocument} says of it, and what is asked of a client beforehand. */
export interface Operation {
  readonly id: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  /** The least role that may ask for it; `anyone` without signing in. */
  readonly role: Role | "anyone";
  /** Only where there are pages. */
  readonly pages: boolean;
  /** Names of query parameters; all are required, and paths of files. */
  readonly query?: readonly string[];
  /** The name of the schema of the body. */
  readonly request?: string;
  /** Default: 200. */
  readonly status?: number;
  /** The name of the schema of the answer; `events` for server-sent ones. */
  readonly response: string;
  /** Whether it gives out or takes a secret, or changes keys: then only so many are answered in a minute. */
  readonly secret?: boolean;
}

/** Those that only read change nothing, and need no CSRF token. */
export function isChange({ method }: Operation): boolean {
  return method !== "GET";
}

const sops = "/api/v1/org/sops";

/** In the order of the document. */
export const operations: readonly Operation[] = [
  {
    id: "getConfig",
    method: "GET",
    path: `${sops}/config`,
    summary: "The organisation's public key, and whether encryption is enabled",
    role: "viewer",
    pages: false,
    response: "Config",
  },
  {
    id: "encrypt",
    method: "POST",
    path: `${sops}/encrypt`,
    summary: "Encrypt named values of a document",
    description:
      "A document that is encrypted already keeps what is encrypted, and the named values are added. The key that a document is encrypted for is not destroyed within the hour that follows: save the document by then, where those who rotate the key look for files.",
    role: "editor",
    pages: false,
    request: "EncryptRequest",
    response: "EncryptResponse",
  },
  {
    id: "decrypt",
    method: "POST",
    path: `${sops}/decrypt`,
    summary: "Decrypt a document",
    description: "Also while encryption is disabled. A document that is not encrypted is given back as it is.",
    role: "editor",
    pages: false,
    request: "DecryptRequest",
    response: "DecryptResponse",
    secret: true,
  },
  {
    id: "unwrap",
    method: "POST",
    path: `${sops}/unwrap`,
    summary: "Unwrap the data key of a document",
    description:
      "For a client that decrypts and encrypts by itself: the document and its values stay there, and only its wrapped data key is sent. Data keys of any document that is encrypted for the organisation are unwrapped, wherever it is; nothing else that is encrypted for it, unless it is 32 or 33 bytes long.",
    role: "editor",
    pages: false,
    request: "UnwrapRequest",
    response: "UnwrapResponse",
    secret: true,
  },
  {
    id: "signIn",
    method: "POST",
    path: "/api/v1/session",
    summary: "Sign in, by a link that works once or by a token",
    description: "Sets a cookie that no script can read and no other site can send.",
    role: "anyone",
    pages: true,
    request: "SignInRequest",
    response: "SessionAnswer",
  },
  {
    id: "getSession",
    method: "GET",
    path: "/api/v1/session",
    summary: "Who is signed in, and the CSRF token of the session",
    role: "viewer",
    pages: true,
    response: "SessionAnswer",
  },
  {
    id: "signOut",
    method: "DELETE",
    path: "/api/v1/session",
    summary: "Sign out",
    role: "viewer",
    pages: true,
    response: "SignedOut",
  },
  {
    id: "createLink",
    method: "POST",
    path: "/api/v1/session/links",
    summary: "A link by which somebody can sign in, once",
    role: "administrator",
    pages: true,
    request: "LinkRequest",
    response: "LinkAnswer",
    secret: true,
  },
  {
    id: "getClusters",
    method: "GET",
    path: "/api/v1/clusters",
    summary: "All cluster files below the root folder, with their stacks",
    role: "viewer",
    pages: true,
    response: "ClustersAnswer",
  },
  {
    id: "setDecryption",
    method: "PUT",
    path: "/api/v1/clusters/decryption",
    summary: "Set whether a cluster decrypts what it deploys",
    role: "administrator",
    pages: true,
    request: "DecryptionRequest",
    response: "DecryptionAnswer",
  },
  {
    id: "getArgocd",
    method: "GET",
    path: "/api/v1/clusters/argocd",
    summary: "What lets the cluster's Argo CD decrypt",
    description: "Contains no private key.",
    role: "viewer",
    pages: true,
    query: ["path"],
    response: "ArgocdAnswer",
  },
  {
    id: "getDoctor",
    method: "GET",
    path: "/api/v1/clusters/doctor",
    summary: "What is wrong with a cluster, its files and the keyring, and what to do",
    role: "editor",
    pages: true,
    query: ["path"],
    response: "DoctorAnswer",
    secret: true,
  },
  {
    id: "getFile",
    method: "GET",
    path: "/api/v1/files",
    summary: "A cluster file, or a file that one names",
    role: "viewer",
    pages: true,
    query: ["path"],
    response: "FileAnswer",
  },
  {
    id: "saveFiles",
    method: "PUT",
    path: "/api/v1/files",
    summary: "Save files, all or none",
    description:
      "Cluster files, and files that one of them names, also one that is saved by the same request. Each has the version that it was read with, or null for a new file. If somebody else has changed one, none is saved.",
    role: "editor",
    pages: true,
    request: "SaveRequest",
    response: "SaveAnswer",
  },
  {
    id: "getStatus",
    method: "GET",
    path: `${sops}/status`,
    summary: "The state of the organisation, and the files that depend on its keys",
    role: "viewer",
    pages: true,
    response: "StatusAnswer",
  },
  {
    id: "getHistory",
    method: "GET",
    path: `${sops}/history`,
    summary: "What was done with the keys",
    role: "viewer",
    pages: true,
    response: "HistoryAnswer",
  },
  {
    id: "init",
    method: "POST",
    path: `${sops}/init`,
    summary: "Create the organisation's key pair",
    role: "administrator",
    pages: true,
    request: "InitRequest",
    response: "OrganisationChanged",
    secret: true,
  },
  {
    id: "enable",
    method: "POST",
    path: `${sops}/enable`,
    summary: "Encrypt values that are marked for encryption",
    role: "administrator",
    pages: true,
    response: "OrganisationChanged",
  },
  {
    id: "disable",
    method: "POST",
    path: `${sops}/disable`,
    summary: "Save values that are marked for encryption in plain text",
    role: "administrator",
    pages: true,
    response: "OrganisationChanged",
  },
  {
    id: "rotate",
    method: "POST",
    path: `${sops}/rotate`,
    summary: "Begin a rotation: create a new key pair",
    role: "administrator",
    pages: true,
    response: "OrganisationChanged",
    secret: true,
  },
  {
    id: "reencrypt",
    method: "POST",
    path: `${sops}/reencrypt`,
    summary: "Begin to re-encrypt all files below the root folder for the new key",
    description: "It goes on, whether or not somebody listens to its events. One runs at a time.",
    role: "administrator",
    pages: true,
    request: "ReencryptRequest",
    status: 202,
    response: "RunAnswer",
    secret: true,
  },
  {
    id: "getReencryptEvents",
    method: "GET",
    path: `${sops}/reencrypt/events`,
    summary: "What the run is doing, from its beginning or from `Last-Event-ID` on",
    role: "viewer",
    pages: true,
    response: "events",
  },
  {
    id: "getBlockers",
    method: "GET",
    path: `${sops}/blockers`,
    summary: "Whether the rotation can be confirmed, and what still needs the old key",
    description: "Looks at all branches, tags and stashes too. Destroys nothing.",
    role: "administrator",
    pages: true,
    response: "BlockersAnswer",
    secret: true,
  },
  {
    id: "confirm",
    method: "POST",
    path: `${sops}/confirm`,
    summary: "End the rotation: destroy the old private key",
    role: "administrator",
    pages: true,
    request: "EndRequest",
    response: "OrganisationChanged",
    secret: true,
  },
  {
    id: "cancel",
    method: "POST",
    path: `${sops}/cancel`,
    summary: "Cancel the rotation: destroy the new private key",
    role: "administrator",
    pages: true,
    request: "EndRequest",
    response: "OrganisationChanged",
    secret: true,
  },
  {
    id: "getDocument",
    method: "GET",
    path: "/openapi.json",
    summary: "This document",
    role: "anyone",
    pages: false,
    response: "Document",
  },
];
