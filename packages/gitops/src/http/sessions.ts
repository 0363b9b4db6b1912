import type { Role } from "./api.js";
import { digestOf, randomSecret } from "./secrets.js";

/** Who asks for something. */
export interface Caller {
  readonly role: Role;
  /** For the audit log. */
  readonly actor: string;
}

/** Somebody who is signed in. */
export interface Session extends Caller {
  readonly csrf: string;
  /** In milliseconds since 1970. */
  readonly expires: number;
}

/** A link by which somebody can sign in, once. */
export interface SignInLink {
  readonly link: string;
  /** In milliseconds since 1970. */
  readonly expires: number;
}

/** Those who are signed in, and the links by which others can. Kept in memory only: they end with the server. */
export interface Sessions {
  /** Creates a link. Whoever has it gets the role. */
  createLink(role: Role, by?: string): Promise<SignInLink>;
  /** Uses a link up; undefined if it is unknown, was used, or has expired. */
  useLink(link: string): Promise<Caller | undefined>;
  /** Begins a session, and returns it with what its cookie contains. */
  begin(caller: Caller): Promise<{ readonly session: Session; readonly cookie: string }>;
  /** Finds the session of a cookie, and counts it as used; undefined if it has ended. */
  find(cookie: string): Promise<Session | undefined>;
  /** Ends the session of a cookie. */
  end(cookie: string): Promise<void>;
}

/** Options of {@link createSessions}, in seconds. */
export interface SessionOptions {
  /** How long a link works. Default: 900. */
  readonly link?: number | undefined;
  /** How long a session lasts without a request. Default: 3600. */
  readonly idle?: number | undefined;
  /** How long a session lasts at most. Default: 43200. */
  readonly longest?: number | undefined;
  /** The time, in milliseconds. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** More are not kept; the oldest end. */
const mostLinks = 100;
const mostSessions = 1000;

/** Creates an empty set of sessions. */
export function createSessions(options: SessionOptions = {}): Sessions {
  const { link: linkSeconds = 900, idle = 3600, longest = 43_200, now = Date.now } = options;
  const links = new Map<string, Caller & { readonly expires: number }>();
  const sessions = new Map<string, Session & { used: number }>();
  let made = 0;
  return {
    async createLink(role, by) {
      const link = randomSecret();
      const expires = now() + linkSeconds * 1000;
      const actor = `${role} by link ${++made}${by === undefined ? "" : ` of ${by}`}`;
      links.set(await digestOf(link), { role, actor, expires });
      forgetOldest(links, mostLinks);
      return { link, expires };
    },
    async useLink(link) {
      const digest = await digestOf(link);
      const found = links.get(digest);
      links.delete(digest);
      return found === undefined || found.expires <= now() ? undefined : { role: found.role, actor: found.actor };
    },
    async begin({ role, actor }) {
      const cookie = randomSecret();
      const session = { role, actor, csrf: randomSecret(), expires: now() + longest * 1000, used: now() };
      sessions.set(await digestOf(cookie), session);
      forgetOldest(sessions, mostSessions);
      return { session, cookie };
    },
    async find(cookie) {
      const digest = await digestOf(cookie);
      const session = sessions.get(digest);
      if (session === undefined) return undefined;
      if (session.expires <= now() || session.used + idle * 1000 <= now()) {
        sessions.delete(digest);
        return undefined;
      }
      session.used = now();
      return session;
    },
    async end(cookie) {
      sessions.delete(await digestOf(cookie));
    },
  };
}

function forgetOldest(all: Map<string, unknown>, most: number): void {
  if (all.size > most) all.delete(all.keys().next().value!);
}
