import { SopsError } from "@isosops/core";

/** Whether a server may be asked, and so gets the token. */
export type Allowlist = (address: string) => boolean;

/**
 * Read a list of servers (hcvault/keysource.go, `parseAllowlistString`).
 *
 * @param list `all`, `none`, or addresses, with commas between them in a string; what stands below one is allowed, too
 * @param name how the user has set it, for messages
 * @throws {SopsError} `invalid_option` if an entry is empty
 */
export function readAllowlist(list: string | readonly string[], name: string): Allowlist {
  if (list === "all") return () => true;
  if (list === "none") return () => false;
  const texts = typeof list === "string" ? list.split(",") : list;
  const prefixes = texts.map((text, index) => {
    const prefix = text.replace(/^ +| +$/g, "");
    if (prefix !== "") return withSlash(prefix);
    throw new SopsError(
      "invalid_option",
      `entry ${index + 1} of ${name} is empty. Give addresses such as https://vault.example.com:8200, \`all\` or \`none\`.`,
    );
  });
  return (address) => prefixes.some((prefix) => withSlash(address).startsWith(prefix));
}

function withSlash(text: string): string {
  return text.endsWith("/") ? text : `${text}/`;
}
