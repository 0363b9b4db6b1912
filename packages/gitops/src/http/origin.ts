import { HttpError } from "./http-error.js";

/**
 * Checks that a request does not come from a page of another origin. Browsers say where a page comes from in `Origin`,
 * and in `Sec-Fetch-Site` how it is related; programs that are no browsers say nothing.
 *
 * @param isSecure - whether the server has TLS: a page without is of another origin then
 * @throws {HttpError} 403 if it does.
 */
export function checkOrigin({ headers }: Request, { host }: URL, isSecure: boolean): void {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  const isSameSite = site === null || site === "same-origin" || site === "none";
  if (isSameSite && (origin === null || isOwn(origin, host, isSecure))) return;
  throw new HttpError(
    403,
    "This request comes from a page of another site, and only the pages of this server may ask. Open them at the address that the server has printed.",
  );
}

function isOwn(origin: string, host: string, isSecure: boolean): boolean {
  try {
    const url = new URL(origin);
    // Without TLS here, a proxy may have it.
    return url.host === host && (!isSecure || url.protocol === "https:");
  } catch {
    // `null`, of a sandboxed frame.
    return false;
  }
}
