import { SopsError } from "@isosops/core";

/**
 * The endpoint that a user has set, if it is a URL.
 *
 * @throws {SopsError} `invalid_option`
 */
export function checkUrl(url: string, service: string, example: string): string {
  if (/^https?:/i.test(url) && URL.canParse(url)) return url;
  throw new SopsError(
    "invalid_option",
    `the endpoint that is set for ${service} is no URL. Give one such as ${example}.`,
  );
}
