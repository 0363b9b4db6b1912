/** Finds and installs PyYAML, for the tests that hold what is written against a reader of YAML 1.1. */
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./tools.js";

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
  try {
    rmSync(folder(), { recursive: true, force: true });
    execFileSync(process.env.PYTHON_BIN || "python3", ["-m", "venv", folder()], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    const python = join(folder(), "bin", "python3");
    execFileSync(python, ["-m", "pip", "install", "--quiet", `pyyaml==${pyyamlVersion}`], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    return python;
  } catch (cause) {
    rmSync(folder(), { recursive: true, force: true });
    throw new Error(`PyYAML ${pyyamlVersion} could not be installed; are Python and PyPI there?`, { cause });
  }
}
