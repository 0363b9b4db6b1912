import { HttpError } from "./http-error.js";

/**
 * Checks that a request was sent to a name of this server. With DNS rebinding, a page from elsewhere lets its own name
 * resolve to this machine, and is then of the same origin. Its requests contain its name. An IP address cannot be
 * rebound.
 *
 * @throws {HttpError} 421 if it was sent to another name.
 */
export function checkHost({ hostname }: URL, names: readonly string[]): void {
  if (isAddress(hostname) || hostname === "localhost" || hostname.endsWith(".localhost")) return;
  if (names.some((name) => name.toLowerCase() === hostname)) return;
  throw new HttpError(
    421,
    "The server is not known by the name that this request was sent to. Use its IP address or `localhost`, or let it know the name (`isosops org serve --allow-host NAME`).",
  );
}

/** `URL` normalizes hosts: names are in lower case, and IPv4 addresses have four parts. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d+(?:\.\d+){3}$/.test(hostname);
}
