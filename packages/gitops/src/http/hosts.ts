import { HttpError } from "./http-error.js";

/**
 * See that a request was sent to a name of this server. A page from elsewhere can have its own name lead to this
 * machine (DNS rebinding), and would then be of the same origin: its requests bear its name. An IP address cannot be
 * made to lead elsewhere.
 *
 * @throws {HttpError} 421.
 */
export function checkHost({ hostname }: URL, names: readonly string[]): void {
  if (isAddress(hostname) || hostname === "localhost" || hostname.endsWith(".localhost")) return;
  if (names.some((name) => name.toLowerCase() === hostname)) return;
  throw new HttpError(
    421,
    "The server is not known by the name that this request was sent to. Use its IP address or `localhost`, or let it know the name (`isosops org serve --allow-host NAME`).",
  );
}

/** As `URL` writes hosts: names are in lower case, and IPv4 addresses in four parts. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d+(?:\.\d+){3}$/.test(hostname);
}
