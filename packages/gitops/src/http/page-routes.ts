/** The routes of the pages. */

import { isRole } from "./access.js";
import type { SavedFile } from "./api.js";
import { booleanOf, objectsOf, optionalBooleanOf, optionalTextOf, optionalTextsOf, textOf, versionOf } from "./body.js";
import { HttpError } from "./http-error.js";
import type { PagesOptions } from "./pages.js";
import type { Runs } from "./runs.js";
import type { Caller } from "./sessions.js";

/** A request of somebody who may ask it. */
interface PageRequest {
  readonly pages: PagesOptions;
  readonly runs: Runs;
  readonly caller: Caller;
  readonly body: Record<string, unknown>;
  readonly url: URL;
  readonly headers: Headers;
}

type Answer = (request: PageRequest) => Promise<object>;

/** By `operationId`. Those of sessions are in the handler. */
export const pageRoutes: Readonly<Record<string, Answer>> = {
  async createLink({ pages, body, caller }) {
    const { role } = body;
    if (!isRole(role)) throw new HttpError(422, "`role` is not one of `viewer`, `editor` and `administrator`.");
    const { link, expires } = await pages.sessions.createLink(role, caller.actor);
    return { link, expires: new Date(expires).toISOString() };
  },
  getClusters: ({ pages }) => pages.backend.clusters(),
  setDecryption: ({ pages, body }) =>
    pages.backend.setDecryption({
      path: textOf(body, "path"),
      decryption: booleanOf(body, "decryption"),
      version: versionOf(body),
    }),
  getArgocd: ({ pages, url }) => pages.backend.argocd(pathOf(url)),
  getDoctor: ({ pages, url }) => pages.backend.doctor(pathOf(url)),
  getFile: ({ pages, url }) => pages.backend.readFile(pathOf(url)),
  saveFiles: ({ pages, body }) => pages.backend.saveFiles({ files: savedFilesOf(body) }),
  getStatus: ({ pages }) => pages.backend.status(),
  getHistory: ({ pages }) => pages.backend.history(),
  init: ({ pages, body, caller }) => {
    const passphrase = optionalTextOf(body, "passphrase");
    const recipients = optionalTextsOf(body, "recipients");
    if (passphrase !== undefined && recipients !== undefined) {
      throw new HttpError(422, "There are both `passphrase` and `recipients`. Give one.");
    }
    return pages.backend.init({ ...defined({ passphrase }), ...defined({ recipients }) }, caller);
  },
  enable: ({ pages, caller }) => pages.backend.setEnabled(true, caller),
  disable: ({ pages, caller }) => pages.backend.setEnabled(false, caller),
  rotate: ({ pages, caller }) => pages.backend.rotate(caller),
  async reencrypt({ pages, body, caller, runs }) {
    const request = {
      new_data_keys: optionalBooleanOf(body, "new_data_keys") ?? false,
      drop_old_key: optionalBooleanOf(body, "drop_old_key") ?? false,
    };
    runs.checkIdle();
    return { run: runs.begin(await pages.backend.reencrypt(request, caller)) };
  },
  async getReencryptEvents({ runs, headers }) {
    const events = runs.events(headers.get("last-event-id"));
    // What reads events asks again after each end, until there is nothing more.
    if (events === undefined) return new Response(null, { status: 204 });
    return new Response(events, { headers: { "content-type": "text/event-stream" } });
  },
  getBlockers: ({ pages }) => pages.backend.blockers(),
  confirm: ({ pages, body, caller }) => pages.backend.confirm(endOf(body), caller),
  cancel: ({ pages, body, caller }) =>
    pages.backend.cancel({ ...endOf(body), ...defined({ force: optionalBooleanOf(body, "force") }) }, caller),
};

function pathOf(url: URL): string {
  const paths = url.searchParams.getAll("path");
  if (paths.length === 1) return paths[0]!;
  throw new HttpError(422, "Give the path of one file: `?path=PATH`.");
}

const mostFiles = 100;

function savedFilesOf(body: Record<string, unknown>): SavedFile[] {
  const files = objectsOf(body, "files");
  if (files.length === 0) throw new HttpError(422, "`files` is empty. Give what is to be saved.");
  if (files.length > mostFiles)
    throw new HttpError(413, `\`files\` has more than ${mostFiles} files. Save them in parts.`);
  return files.map((file) => ({
    path: textOf(file, "path"),
    text: textOf(file, "text"),
    version: file.version === null ? null : versionOf(file),
  }));
}

function endOf(body: Record<string, unknown>) {
  return {
    ...defined({ gone: optionalTextsOf(body, "gone") }),
    ...defined({ except: optionalTextsOf(body, "except") }),
    ...defined({ except_refs: optionalTextsOf(body, "except_refs") }),
  };
}

/** Without members that are undefined. */
function defined<Members extends object>(members: Members): { [Name in keyof Members]?: NonNullable<Members[Name]> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}
