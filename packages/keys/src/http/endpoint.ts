import { SopsError } from "@isosops/core";

/**
 * Checks that the endpoint that a user has set is a URL, and returns it.
 *
 * @throws {SopsError} `invalid_option`
 */
export function checkUrl(url: string, service: string, example: string): string {
  if (/^https?:/i.test(url) && URL.canParse(url)) return url;
  throw new SopsError("invalid_option", `the endpoint set for ${service} is not a URL. Give one such as ${example}.`);
}
