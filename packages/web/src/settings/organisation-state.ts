/** The organisation's keys as the server tells of them, and the run that re-encrypts files. */
import type {
  BlockersAnswer,
  HistoryAnswer,
  InitRequest,
  OrganisationAnswer,
  OrganisationChanged,
  ReencryptRequest,
  RunEvent,
  StatusAnswer,
} from "@isosops/gitops";
import { signal } from "@preact/signals";
import { ApiError, apiAddress, get, send } from "../api/client.js";
import { mayAct } from "../api/session.js";

export const organisation = signal<OrganisationAnswer | undefined>(undefined);
export const files = signal<StatusAnswer["files"]>([]);
export const history = signal<HistoryAnswer | undefined>(undefined);
/** Whether the rotation can be confirmed. */
export const blockers = signal<BlockersAnswer | undefined>(undefined);
export const problem = signal<string | undefined>(undefined);
/** What an action has said. */
export const notices = signal<readonly string[]>([]);

/** A run that re-encrypts files. */
export interface Run {
  readonly done: number;
  readonly of: number;
  readonly failed: readonly { readonly path: string; readonly problem: string }[];
  readonly isOver: boolean;
  readonly error: string | undefined;
}

export const run = signal<Run | undefined>(undefined);

/** Why somebody cannot change keys. */
export function whyNot(): string | undefined {
  if (!mayAct("administrator")) return "This needs the role administrator. Sign in with an administrator's link.";
  return organisation.value?.problem ?? undefined;
}

/** Reads all that the page shows. */
export async function loadAll(): Promise<void> {
  try {
    const status = await get<StatusAnswer>("/org/sops/status");
    organisation.value = status.organisation;
    files.value = status.files;
    history.value = status.organisation.initialized ? await get<HistoryAnswer>("/org/sops/history") : undefined;
    problem.value = undefined;
    if (status.organisation.previous_age_public_key === null) blockers.value = undefined;
    else if (mayAct("administrator")) await loadBlockers();
  } catch (error) {
    problem.value = (error as Error).message;
  }
}

async function loadBlockers(): Promise<void> {
  blockers.value = await get<BlockersAnswer>("/org/sops/blockers");
}

export type Action = "init" | "enable" | "disable" | "rotate" | "confirm" | "cancel";

/**
 * Changes the organisation, and reads what has become of it.
 *
 * @throws {ApiError}
 */
export async function act(action: Action, body: InitRequest | object = {}): Promise<void> {
  try {
    const answer = await send<OrganisationChanged>("POST", `/org/sops/${action}`, body);
    organisation.value = answer.organisation;
    // Where the private key is stands on the page for good.
    notices.value = answer.notices.filter((text) => !text.startsWith("The private key is in "));
    if (action === "rotate" || action === "confirm" || action === "cancel") run.value = undefined;
  } catch (error) {
    // What keeps a rotation from ending is shown where it is listed.
    if (error instanceof ApiError && error.code === "in_use") {
      blockers.value = { confirmable: false, reason: error.message, files: error.files };
    }
    throw error;
  } finally {
    await loadAll();
  }
}

let events: EventSource | undefined;

/** Begins to re-encrypt files. It goes on while the page is closed. */
export async function startRun(request: ReencryptRequest): Promise<void> {
  await send("POST", "/org/sops/reencrypt", request);
  followRun();
}

/** Follows the last run, from its first file on: also one that began before the page was loaded. */
export function followRun(): void {
  events?.close();
  const source = new EventSource(`${apiAddress()}/org/sops/reencrypt/events`);
  events = source;
  const on = <Kind extends RunEvent["kind"]>(kind: Kind, listen: (event: Extract<RunEvent, { kind: Kind }>) => void) =>
    source.addEventListener(kind, (message) => listen(JSON.parse((message as MessageEvent<string>).data)));
  on("begun", ({ of }) => {
    run.value = { done: 0, of, failed: [], isOver: false, error: undefined };
  });
  on("file", ({ done, of }) => {
    if (run.value !== undefined) run.value = { ...run.value, done, of: Math.max(of, done) };
  });
  on("ended", ({ done, failed, error, notices: said }) => {
    source.close();
    run.value = { done, of: Math.max(done, run.value?.of ?? 0), failed, isOver: true, error: error ?? undefined };
    notices.value = said;
    void loadAll();
  });
  // After a break the browser asks again by itself. It does not where there is nothing to follow.
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED || run.value?.isOver !== false) return;
    run.value = {
      ...run.value,
      isOver: true,
      error:
        "The connection to the server was lost. Start the server again, then re-encrypt again: what is done is not done twice.",
    };
  };
}

export function stopFollowing(): void {
  events?.close();
  events = undefined;
}
