/** Runs the tests of the built pages: `pnpm pages`. With `--screenshots FOLDER` it makes pictures of every view; other arguments are vitest's. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const rest = process.argv.slice(2);
const at = rest.indexOf("--screenshots");
const [, folder] = at === -1 ? [] : rest.splice(at, 2);
if (at !== -1 && folder === undefined) throw new Error("--screenshots takes the name of a folder");
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
const { status } = spawnSync(
  process.execPath,
  [vitest, "run", "--config", join(here, "vitest.config.ts"), ...(folder === undefined ? [] : ["views"]), ...rest],
  {
    stdio: "inherit",
    env: folder === undefined ? process.env : { ...process.env, ISOSOPS_SCREENSHOTS: resolve(folder) },
  },
);
process.exitCode = status ?? 1;
