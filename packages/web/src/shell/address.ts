/** Addresses of pages, in the fragment, so that any host of static files will do: `#/stacks/clusters/production`. */

/** The parts of an address. */
export interface Route {
  /** The page, such as `stacks`. */
  readonly page: string;
  /** What follows it, such as `clusters/production`. */
  readonly rest: string;
}

/** @param hash as in `location.hash`; anything that is no address of ours is that of the workbench */
export function parseHash(hash: string): Route {
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
