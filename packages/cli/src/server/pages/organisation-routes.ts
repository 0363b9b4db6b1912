/** What the pages do with the organisation's keys: as the commands of `isosops org` do it, for the root folder. */

import { repositoriesOf } from "@isosops/git/internal/repository/find-repository";
import {
  cancel,
  checkConfirm,
  confirm,
  type EndRequest,
  GitopsError,
  HttpError,
  type InitRequest,
  initialize,
  initialized,
  type KeyringState,
  type LostFile,
  type OrganisationAnswer,
  type OrganisationChanged,
  type OrganisationOptions,
  type PagesBackend,
  type ProblemFile,
  passphraseProtector,
  reencrypt,
  rotate,
  setEnabled,
  show,
  status,
} from "@isosops/gitops";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { lazyKinds } from "@isosops/node/internal/keys/kinds";
import { refuseSecond } from "../../commands/org/init/run.js";
import { readersFinder } from "../../commands/org/reencrypt/run.js";
import { fileStorage } from "../../keyring/file-storage.js";
import { keyringPath } from "../../keyring/keyring-path.js";
import {
  filesOfAllBranches,
  newProtector,
  openToRead,
  organisationFiles,
  problemOf,
} from "../../keyring/open-organisation.js";
import { checkPassphrase, passphraseVariable } from "../../keyring/passphrase.js";
import { publish, publishChange } from "../../keyring/published-file.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { showPath } from "../../terminal/show-path.js";
import type { ServedOrganisation } from "../served-organisation.js";

type Routes = Pick<
  PagesBackend,
  "status" | "history" | "init" | "setEnabled" | "rotate" | "reencrypt" | "blockers" | "confirm" | "cancel"
>;

/** The working folder is the root folder. */
const here = ["."];

export function organisationRoutes(served: ServedOrganisation): Routes {
  /** To change keys, for somebody. Throws `GitopsError` if the keyring is an old copy. */
  const newest = async ({ actor }: { readonly actor: string }): Promise<OrganisationOptions> => {
    const organisation = await served.get();
    const problem = await problemOf(organisation, here, true);
    if (problem !== undefined) throw problem;
    return { ...organisation, actor: `${actor}, ${organisation.actor}` };
  };
  const changed = async (notices: readonly string[]): Promise<OrganisationChanged> => ({
    organisation: await describe(await served.get()),
    notices,
  });

  return {
    async status() {
      const organisation = await served.get();
      const files = [];
      if ((await show(organisation)) !== undefined) {
        for await (const { path, state, problem } of status(organisation, organisationFiles(), here)) {
          files.push({ path: showPath(path), state, problem: problem ?? null });
        }
      }
      return { organisation: await describe(organisation), files };
    },

    async history() {
      const { history, log } = initialized(await (await served.get()).storage.read());
      return { events: history.map(({ time, action, recipient }) => ({ time, action, recipient })), log };
    },

    async init({ passphrase, recipients = [] }, caller) {
      const before = await openToRead();
      const isNew = (await show(before)) === undefined;
      if (isNew) await refuseSecond();
      const protector = isNew
        ? await protectorOf({ ...(passphrase === undefined ? {} : { passphrase }), recipients })
        : before.protector;
      const organisation = { storage: fileStorage(keyringPath()), protector, actor: before.actor };
      await initialize({ ...organisation, actor: `${caller.actor}, ${before.actor}` });
      // With recipients, the private key is opened by an identity of this machine.
      served.set(recipients.length > 0 ? await openToRead() : organisation);
      const notices = [
        `The private key is in ${keyringPath()}, encrypted ${recipients.length > 0 ? `for ${recipients.join(", ")}` : "with the passphrase"}. Keep a copy of that file in a safe place: without it, nobody can open what is encrypted for the organisation.`,
      ];
      await publish(organisation, repositoriesOf(here), { make: true, tell: (text) => notices.push(text) });
      return changed(notices);
    },

    async setEnabled(enabled, { actor }) {
      const organisation = await served.get();
      await setEnabled({ ...organisation, actor: `${actor}, ${organisation.actor}` }, enabled);
      return changed([
        enabled
          ? "Fields marked for encryption are encrypted from now on. Those saved meanwhile are in plain text."
          : "Fields marked for encryption are saved in plain text from now on, until encryption is enabled again.",
      ]);
    },

    async rotate(caller) {
      const organisation = await newest(caller);
      await rotate(organisation);
      const notices: string[] = [];
      await publishChange(organisation, here, (text) => notices.push(text));
      notices.push(
        "Give clusters and colleagues both keys (`isosops cluster argocd`, `isosops org export`) before files are re-encrypted.",
      );
      return changed(notices);
    },

    async reencrypt({ new_data_keys: newDataKeys, drop_old_key: dropOldKey }, caller) {
      const organisation = await newest(caller);
      const { previous } = initialized(await organisation.storage.read());
      if (previous === null) throw new GitopsError("not_rotating", "No rotation is under way. Begin one first.");
      return async (emit, run) => {
        let of = 0;
        for await (const { state } of status(organisation, organisationFiles(), here)) {
          if (state === "previous" || state === "both") of++;
        }
        emit({ kind: "begun", run, of });
        let done = 0;
        const result = await reencrypt(organisation, organisationFiles(), here, {
          newDataKeys,
          dropOldKey,
          readersOf: readersFinder([]),
          kinds: lazyKinds(),
          onFile: (path, outcome) => {
            if (outcome === "skipped") return;
            done++;
            emit({ kind: "file", path: showPath(path), outcome, done, of: Math.max(of, done) });
          },
        });
        const notices: string[] = [];
        await publishChange(organisation, here, (text) => notices.push(text));
        return {
          done: result.done,
          failed: withShownPaths(result.failed),
          lost: result.lost.map(({ path, recipient }) => ({ path: showPath(path), recipient })),
          error: null,
          notices,
        };
      };
    },

    async blockers() {
      const organisation = await served.get();
      try {
        await checkConfirm(organisation, filesOfAllBranches({ paths: [], refs: [] }), here);
        return { confirmable: true, reason: null, files: [] };
      } catch (error) {
        if (error instanceof GitopsError && error.code === "in_use") {
          return { confirmable: false, reason: error.message, files: withShownPaths(error.files) };
        }
        if (error instanceof CommandError) return { confirmable: false, reason: error.message, files: [] };
        throw error;
      }
    },

    async confirm(request, caller) {
      const organisation = await newest(caller);
      const before = await show(organisation);
      const lost: LostFile[] = [];
      const { files, options } = endOf(request);
      await withShownFiles(confirm(organisation, files, here, { ...options, onLost: (file) => lost.push(file) }));
      const notices = [
        `The old key ${before?.previousRecipient} is destroyed. Earlier copies of the keyring still contain it: make a new copy, and delete them.`,
        ...lost.map(
          ({ path, place, recipient }) =>
            `${showPath(path)}${place === undefined ? "" : ` ${place}`} is encrypted for ${recipient}, which was destroyed earlier. Restore an earlier version of it.`,
        ),
      ];
      await publishChange(organisation, here, (text) => notices.push(text));
      return changed(notices);
    },

    async cancel(request, caller) {
      const organisation = await newest(caller);
      const before = await show(organisation);
      const { files, options } = endOf(request);
      await withShownFiles(cancel(organisation, files, here, { ...options, force: request.force ?? false }));
      const notices = [`The new key ${before?.recipient} is destroyed.`];
      await publishChange(organisation, here, (text) => notices.push(text));
      return changed(notices);
    },
  };
}

function endOf({ gone = [], except = [], except_refs: refs = [] }: EndRequest) {
  const paths = except.map((path) => resolve(path));
  return { files: filesOfAllBranches({ paths, refs }), options: { gone, except: paths } };
}

function withShownPaths(files: readonly ProblemFile[]): ProblemFile[] {
  return files.map(({ path, problem }) => ({ path: showPath(path), problem }));
}

/** The result, or its error with paths from the root folder. */
async function withShownFiles<Result>(ended: Promise<Result>): Promise<Result> {
  try {
    return await ended;
  } catch (error) {
    if (!(error instanceof GitopsError) || error.files.length === 0) throw error;
    throw new GitopsError(error.code, error.message, withShownPaths(error.files), error);
  }
}

async function protectorOf({ passphrase, recipients = [] }: InitRequest) {
  if (recipients.length > 0) return newProtector(recipients, () => Promise.reject(new Error("not asked")));
  const given = passphrase ?? process.env[passphraseVariable];
  if (given) return passphraseProtector(checkPassphrase(given));
  throw new HttpError(
    422,
    `Give a passphrase, or public keys of age that the private key is encrypted for, or start the server with ${passphraseVariable} set.`,
  );
}

async function describe(organisation: OrganisationOptions): Promise<OrganisationAnswer> {
  const state = await organisation.storage.read();
  return {
    initialized: state !== undefined,
    organisation_id: state?.organisationId ?? null,
    age_public_key: state?.current.recipient ?? null,
    previous_age_public_key: state?.previous?.recipient ?? null,
    enabled: state?.enabled ?? false,
    generation: state?.history.length ?? 0,
    keyring: keyringPath(),
    protection: state?.protection.type ?? null,
    problem: await problemSentence(organisation, state),
  };
}

async function problemSentence(
  organisation: OrganisationOptions,
  state: KeyringState | undefined,
): Promise<string | null> {
  if (state === undefined) return null;
  try {
    return (await problemOf(organisation, here, false))?.message ?? null;
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === exitCodes.readInput) return error.message;
    throw error;
  }
}
