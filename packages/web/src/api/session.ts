/** Whether the pages come from a server of ours, and who is signed in. */
import type { Role, SessionAnswer, SignInRequest } from "@isosops/gitops";
import { type ReadonlySignal, signal } from "@preact/signals";

export type { Role } from "@isosops/gitops";

export type ServerState =
  /** Not asked yet. */
  | { readonly state: "unknown" }
  /** A host of static files. */
  | { readonly state: "none" }
  /** A server, and nobody is signed in. */
  | { readonly state: "signed-out" }
  | { readonly state: "connected"; readonly session: SessionAnswer };

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

/**
 * Signs in.
 *
 * @throws {ApiError} if the link was used before or has expired, or the token is wrong.
 */
export async function signIn(request: SignInRequest): Promise<void> {
  const { send } = await import("./client.js");
  current.value = { state: "connected", session: await send<SessionAnswer>("POST", "/session", request) };
}

/** Ends the session here and on the server. */
export async function signOut(): Promise<void> {
  const { send } = await import("./client.js");
  await send("DELETE", "/session");
  endSession();
}

/** The server does not know the session any more. */
export function endSession(): void {
  if (current.value.state !== "signed-out") current.value = { state: "signed-out" };
}

const ranks: Readonly<Record<Role, number>> = { viewer: 1, editor: 2, administrator: 3 };

/** Whether somebody is signed in whose role is at least this one. */
export function mayAct(least: Role): boolean {
  const { value } = server;
  return value.state === "connected" && ranks[value.session.role] >= ranks[least];
}
