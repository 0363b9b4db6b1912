/** The packages of the workspace that are published. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const top = fileURLToPath(new URL("../../", import.meta.url));

/** @returns {{ name: string, path: string, manifest: Record<string, any> }[]} */
export function publicPackages() {
  return readdirSync(join(top, "packages"))
    .map((folder) => join(top, "packages", folder))
    .filter((path) => existsSync(join(path, "package.json")))
    .map((path) => ({ path, manifest: JSON.parse(readFileSync(join(path, "package.json"), "utf8")) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ path, manifest }) => ({ name: manifest.name, path, manifest }));
}
