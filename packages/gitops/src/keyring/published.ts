/** The file that publishes the organisation's keys in a repository: `.isosops/organisation.yaml`. */
import { type Mapping, type Node, SopsError } from "@isosops/core";
import { loadStore } from "@isosops/formats/load";
import { GitopsError } from "../error.js";
import { isKeyAction, isOrganisationId, type KeyEvent, type KeyHistory, mistakeOf, publicKeys } from "./history.js";
import type { KeyringState } from "./state.js";

/** The path of the published file from the root of a repository. */
export const publishedPath = ".isosops/organisation.yaml";

const beginning = `# The public keys of the organisation that files of this repository are encrypted for. No secret is in here.
# isosops writes this file: commit it. Whoever has the organisation's keyring can tell whether anybody else has changed it.
`;

/**
 * Formats the published file.
 *
 * @throws {GitopsError} `history` if the events are inconsistent.
 */
export function formatPublished(history: KeyHistory): string {
  const lines = [
    "version: 1",
    `organisation: ${quote(history.organisationId)}`,
    `generation: ${history.events.length}`,
    "keys:",
    ...publicKeys(history).flatMap(({ recipient, state, created, destroyed }) => [
      `  - recipient: ${recipient}`,
      `    state: ${state}`,
      `    created: ${quote(created)}`,
      ...(destroyed === undefined ? [] : [`    destroyed: ${quote(destroyed)}`]),
    ]),
    "history:",
    ...history.events.flatMap(({ action, recipient, time, mac }) => [
      `  - action: ${action}`,
      `    recipient: ${recipient}`,
      `    time: ${quote(time)}`,
      `    mac: ${quote(mac)}`,
    ]),
  ];
  return `${beginning}${lines.join("\n")}\n`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

/**
 * Parses the published file. MACs are not verified, because that takes the keyring: see {@link checkPublished}.
 *
 * @param filename - Used in error messages.
 * @throws {GitopsError} `history` if it is damaged.
 */
export async function parsePublished(text: string, filename: string): Promise<KeyHistory> {
  if (/^(?:<{7}|>{7}) /m.test(text)) {
    throw new GitopsError(
      "history",
      `${filename} has conflict markers of Git: the organisation's keys were changed on both sides. Take the side with the higher \`generation\`, then let the keyring say whether it is right: \`isosops org publish\`.`,
    );
  }
  try {
    const { branches } = (await loadStore("yaml")).parse(text, { filename });
    const history = readHistory(branches[0]);
    const keys = listOf(branches[0], "keys").map((key) =>
      [textOf(key, "recipient"), textOf(key, "state"), textOf(key, "created"), destroyedAt(key)].join(" "),
    );
    const follow = publicKeys(history).map(({ recipient, state, created, destroyed = "" }) =>
      [recipient, state, created, destroyed].join(" "),
    );
    const isWhole = keys.join() === follow.join() && textOf(branches[0], "generation") === `${history.events.length}`;
    if (!isWhole) throw new GitopsError("history", "Its keys are not those of its history: it was changed by hand.");
    return history;
  } catch (error) {
    if (!(error instanceof SopsError || error instanceof GitopsError)) throw error;
    const why = error.message.split("\n", 1)[0]!;
    const remedy =
      "Take its last version from Git, or let whoever has the keyring write it again: `isosops org publish --force`.";
    throw new GitopsError("history", `${filename} is damaged. ${why} ${remedy}`, [], error);
  }
}

function readHistory(root: Node | undefined): KeyHistory {
  if (textOf(root, "version") !== "1") {
    throw new GitopsError("history", "It is of a version that this program does not know.");
  }
  const organisationId = textOf(root, "organisation");
  if (!isOrganisationId(organisationId)) {
    throw new GitopsError("history", "Its `organisation` is not a UUID, as isosops writes it.");
  }
  const events = listOf(root, "history").map((node): KeyEvent => {
    const action = textOf(node, "action");
    if (!isKeyAction(action)) throw new GitopsError("history", "It contains an event of an unknown kind.");
    const event = {
      action,
      recipient: textOf(node, "recipient"),
      time: textOf(node, "time"),
      mac: textOf(node, "mac"),
    };
    const mistake = mistakeOf(event);
    if (mistake !== undefined) throw new GitopsError("history", `It contains an event ${mistake}.`);
    return event;
  });
  return { organisationId, events };
}

function destroyedAt(key: Node): string {
  return nodeAt(key, "destroyed") === undefined ? "" : textOf(key, "destroyed");
}

function nodeAt(node: Node | undefined, name: string): Node | undefined {
  const items = node?.kind === "mapping" ? (node as Mapping).items : [];
  const found = items.filter((item) => item.kind === "entry" && item.key === name);
  return found.length === 1 && found[0]!.kind === "entry" ? found[0]!.value : undefined;
}

function textOf(node: Node | undefined, name: string): string {
  const value = nodeAt(node, name);
  // Messages contain these strings, each on its line.
  if (value?.kind === "leaf" && typeof value.text === "string" && /^[\x20-\x7e]+$/.test(value.text)) return value.text;
  throw new GitopsError("history", `\`${name}\` is missing, or is not plain ASCII text.`);
}

function listOf(node: Node | undefined, name: string): Node[] {
  const value = nodeAt(node, name);
  if (value?.kind === "sequence") return value.items.filter((item) => item.kind !== "comment");
  throw new GitopsError("history", `\`${name}\` is missing, or is not a list.`);
}

/**
 * Returns the public keys that a published file calls destroyed, on any side of a merge conflict, even if the file is
 * otherwise damaged. Never encrypt for one of them because a keyring, which may be old, says so.
 */
export function toldDestroyed(text: string): ReadonlySet<string> {
  const states = text.matchAll(/recipient: "?(age1[a-z0-9]+)"?\r?\n\s+state: "?destroyed/g);
  const events = text.matchAll(/action: "?(?:confirm|cancel)"?\r?\n\s+recipient: "?(age1[a-z0-9]+)/g);
  return new Set([...states, ...events].map(([, recipient]) => recipient!));
}

/**
 * Returns a keyring without private keys from a published history: enough to encrypt new files.
 *
 * @throws {GitopsError} `history` if the events are inconsistent.
 */
export function publishedState(history: KeyHistory): KeyringState {
  const keys = publicKeys(history).map((key) => ({ ...key, sealed: key.recipient }));
  const kept = (state: "current" | "previous") => keys.find((key) => key.state === state) ?? null;
  return {
    version: 1,
    organisationId: history.organisationId,
    enabled: true,
    protection: { type: "none" },
    current: kept("current")!,
    previous: kept("previous"),
    destroyed: keys.filter(({ state }) => state === "destroyed").map(({ recipient }) => recipient),
    leases: [],
    known: [],
    generation: 0,
    log: [],
    history: history.events,
  };
}
