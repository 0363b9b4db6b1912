/** Whether the pages come from a server of ours, and who is signed in. */
import { type ReadonlySignal, signal } from "@preact/signals";

/** What somebody may do: a viewer reads, an editor saves files, an administrator changes keys and settings. */
export type Role = "viewer" | "editor" | "administrator";

/** The answer of `GET /api/v1/session`. */
export interface Session {
  readonly role: Role;
  /** Sent back in the header `X-Isosops-CSRF` by what changes something. */
  readonly csrf: string;
  /** The folder of the cluster files, as its owner knows it. */
  readonly root: string;
}

export type ServerState =
  /** Not asked yet. */
  | { readonly state: "unknown" }
  /** A host of static files. */
  | { readonly state: "none" }
  /** A server, and nobody is signed in. */
  | { readonly state: "signed-out" }
  | { readonly state: "connected"; readonly session: Session };

const current = signal<ServerState>({ state: "unknown" });

export const server: ReadonlySignal<ServerState> = current;

/** Asks the host of the pages whether it is a server of ours. */
export async function connectToServer(): Promise<void> {
  current.value = await ask();
}

async function ask(): Promise<ServerState> {
  let response: Response;
  try {
    response = await fetch("./api/v1/session", { headers: { accept: "application/json" } });
  } catch {
    return { state: "none" };
  }
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  if (!isJson) return { state: "none" };
  if (response.status === 401) return { state: "signed-out" };
  if (!response.ok) return { state: "none" };
  return { state: "connected", session: await response.json() };
}
