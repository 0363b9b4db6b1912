/** Finds and installs PyYAML, for the tests that hold what is written against a reader of YAML 1.1. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./tools.js";

const pyyamlVersion = "6.0.3";

const folder = () => join(cacheFolder(), `pyyaml-${pyyamlVersion}`);

/**
 * A Python with PyYAML: that of `PYTHON_BIN`, else `python3`, with the PyYAML it has itself or else that of the cache;
 * undefined where there is none.
 *
 * @returns {{ python: string, environment: Record<string, string> } | undefined}
 */
export function findPyyaml() {
  const python = process.env.PYTHON_BIN || "python3";
  for (const environment of [{}, { PYTHONPATH: folder() }]) {
    if ("PYTHONPATH" in environment && !existsSync(folder())) continue;
    try {
      execFileSync(python, ["-c", "import yaml"], {
        env: { ...process.env, ...environment },
        stdio: "ignore",
        timeout: 20_000,
      });
      return { python, environment };
    } catch {
      // The next one.
    }
  }
  return undefined;
}

/**
 * Fetches PyYAML into the cache, with pip, where there is none yet.
 *
 * @throws where there is no Python with pip, or its registry cannot be reached
 */
export function installPyyaml() {
  const found = findPyyaml();
  if (found !== undefined) return found.environment.PYTHONPATH ?? `of ${found.python}`;
  const python = process.env.PYTHON_BIN || "python3";
  mkdirSync(cacheFolder(), { recursive: true });
  const unpacking = mkdtempSync(join(cacheFolder(), "unpacking-"));
  try {
    const pip = ["-m", "pip", "install", "--quiet", "--target", unpacking, `pyyaml==${pyyamlVersion}`];
    execFileSync(python, pip, { stdio: ["ignore", "inherit", "inherit"] });
    rmSync(folder(), { recursive: true, force: true });
    renameSync(unpacking, folder());
  } catch (cause) {
    rmSync(unpacking, { recursive: true, force: true });
    throw new Error(`PyYAML ${pyyamlVersion} could not be installed; is there a python3 with pip?`, { cause });
  }
  return folder();
}
