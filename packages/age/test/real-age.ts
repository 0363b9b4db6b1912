import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";

/*
 * The real age: AGE_BIN, else what CI installs (`go install filippo.io/age/cmd/...@v1.3.1`), else what the PATH has.
 * Its age-keygen, age-inspect and plugins lie beside it.
 */

function candidates(): string[] {
  const { AGE_BIN, ISOSOPS_CACHE, PATH = "" } = process.env;
  const cache = ISOSOPS_CACHE || join(homedir(), ".cache", "isosops");
  const folders = [join(cache, "age-1.3.1"), ...PATH.split(delimiter)];
  return [...(AGE_BIN === undefined ? [] : [AGE_BIN]), ...folders.map((folder) => join(folder, "age"))];
}

function versionOf(binary: string): string | undefined {
  try {
    return execFileSync(binary, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}

const found = candidates().find((path) => existsSync(path) && versionOf(path)?.startsWith("v1.3."));

/** The path of age 1.3; "age" where there is none. */
export const age: string = found ?? "age";

/** The path of a command that is installed with age. */
export function besideAge(name: string): string {
  return join(dirname(age), name);
}

/** Where the live tests have to run (in CI), they fail without age. */
export const skipLive: boolean = found === undefined && !process.env.ISOSOPS_REQUIRE_LIVE;

/** For the names of tests. */
export const liveReason: string =
  found === undefined ? " (skipped: no age 1.3 at AGE_BIN, in the cache or in the PATH)" : ` (${versionOf(found)})`;
if (skipLive) console.log(`live test with age${liveReason}`);

/** The environment in which age finds its plugins. */
export const liveEnv: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${dirname(age)}${delimiter}${process.env.PATH ?? ""}`,
};
