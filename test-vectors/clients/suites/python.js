import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, installWithPip } from "../../tools.js";

/**
 * A virtual environment with packages of PyPI, in the cache.
 *
 * @param {...string} requirements each with its version
 * @throws where there is no Python, or PyPI cannot be reached
 */
export function venv(...requirements) {
  const folder = join(cacheFolder(), "clients", requirements.join("+").replaceAll("==", "-"));
  if (!existsSync(join(folder, "bin"))) installWithPip(folder, ...requirements);
  return folder;
}
