import { SopsError } from "@isosops/core";

/**
 * Checks that credentials have an access token, and that it fits into a header. Returns the credentials.
 *
 * @throws {SopsError} `credentials`
 */
export function checkAccessToken<Credentials extends { readonly accessToken: string }>(
  credentials: Credentials,
): Credentials {
  const { accessToken } = credentials ?? {};
  if (typeof accessToken === "string" && /^[\x21-\x7e]+$/.test(accessToken)) return credentials;
  throw new SopsError(
    "credentials",
    "the `credentials` lack `accessToken`, or it is not a token. Is a variable unset?",
  );
}
