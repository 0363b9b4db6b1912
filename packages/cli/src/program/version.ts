import { existsSync, readFileSync } from "node:fs";

/** The version of the package, from the next `package.json` upwards: the bundle and the build of tsc differ in depth. */
export function version(): string {
  let manifest = new URL("package.json", import.meta.url);
  while (!existsSync(manifest)) manifest = new URL("../package.json", manifest);
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
