import {
  checkPublished,
  type DoctorFinding,
  GitopsError,
  type KeyringState,
  memoryStorage,
  publishedState,
  unprotected,
} from "@isosops/gitops";
import { findPublished, isToldDestroyed, type PublishedFile } from "../../keyring/published-file.js";
import { CommandError } from "../../program/command-error.js";

const about = { topic: "keyring", rule: "published-keys" } as const;

/**
 * Compare the published keys of the paths' repositories with a keyring.
 *
 * @param own the keyring, where there is one
 * @returns `state` is that of the keyring, or of the repository where that knows better; undefined without a keyring
 */
export async function examinePublished(
  paths: readonly string[],
  own: KeyringState | undefined,
): Promise<{ readonly state: KeyringState | undefined; readonly findings: readonly DoctorFinding[] }> {
  let published: PublishedFile | undefined;
  try {
    published = await findPublished(paths);
  } catch (error) {
    if (!(error instanceof GitopsError || error instanceof CommandError)) throw error;
    return { state: believed(paths, own), findings: [{ ...about, level: "error", message: error.message }] };
  }
  if (published === undefined) return { state: own, findings: [] };
  const { name, history, path: file } = published;
  const state = publishedState(history);
  const generation = `generation ${history.events.length} of the organisation's keys`;
  if (own === undefined) {
    const message = `${name} tells of ${generation}: ${state.current.recipient}.`;
    // Without a keyring, only the private keys at hand matter.
    return { state: undefined, findings: [{ ...about, level: "ok", message, file }] };
  }
  // No prompts here.
  const organisation = { storage: memoryStorage(own), protector: unprotected, actor: "" };
  const problem = await checkPublished(organisation, history, { name, opens: false });
  if (problem !== undefined) {
    const better = problem.code === "history" ? believed(paths, own) : state;
    return { state: better, findings: [{ ...about, level: "error", message: problem.message, file }] };
  }
  const ahead = own.history.length - history.events.length;
  if (ahead === 0) {
    return { state: own, findings: [{ ...about, level: "ok", message: `${name} tells of the same keys.`, file }] };
  }
  const message = `${name} tells of ${generation}, and the keyring is ${ahead} ahead.`;
  const remedy = "Get the newest version of the repository. If it is that: `isosops org publish`, and commit.";
  return { state: own, findings: [{ ...about, level: "warning", message, remedy, file }] };
}

/** A keyring, unless its key was destroyed by what the repository tells, though that file is damaged. */
function believed(paths: readonly string[], own: KeyringState | undefined): KeyringState | undefined {
  return own !== undefined && isToldDestroyed(paths, own.current.recipient) ? undefined : own;
}
