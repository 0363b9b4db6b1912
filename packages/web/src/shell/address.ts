/** Addresses of pages, in the fragment, so that any host of static files will do: `#/stacks/clusters/production`. */

/** The parts of an address. */
export interface Route {
  /** The page, such as `stacks`. */
  readonly page: string;
  /** What follows it, such as `clusters/production`. */
  readonly rest: string;
}

/** What the server prints as an address to sign in, once. */
const signInLink = /^#link=([\w-]+)$/;

/** @param hash as in `location.hash`; anything that is no address of ours is that of the workbench */
export function parseHash(hash: string): Route {
  const link = signInLink.exec(hash)?.[1];
  if (link !== undefined) return { page: "signin", rest: link };
  const match = /^#\/([a-z]+)(?:\/(.*))?$/.exec(hash);
  if (match === null) return { page: "workbench", rest: "" };
  return { page: match[1] ?? "", rest: (match[2] ?? "").split("/").map(decodePart).join("/") };
}

/** The link to a page: `hrefOf("stacks", "clusters/production")`. */
export function hrefOf(page: string, rest = ""): string {
  const end = rest === "" ? "" : `/${rest.split("/").map(encodeURIComponent).join("/")}`;
  return `#/${page}${end}`;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
