/** Finds and installs PyYAML, for the tests that hold what is written against a reader of YAML 1.1. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { cacheFolder, installWithPip } from "./tools.js";

const pyyamlVersion = "6.0.3";

const folder = () => join(cacheFolder(), `pyyaml-${pyyamlVersion}`);

/** @returns {string | undefined} the Python of `PYTHON_BIN`, of the system or of the cache that has PyYAML */
export function findPyyaml() {
  return [process.env.PYTHON_BIN || "python3", join(folder(), "bin", "python3")].find((python) => {
    try {
      execFileSync(python, ["-c", "import yaml"], { stdio: "ignore", timeout: 20_000 });
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Installs PyYAML of PyPI into the cache, where no Python has it yet.
 *
 * @throws where there is no Python, or PyPI cannot be reached
 */
export function installPyyaml() {
  const found = findPyyaml();
  if (found !== undefined) return found;
  installWithPip(folder(), `pyyaml==${pyyamlVersion}`);
  return join(folder(), "bin", "python3");
}
