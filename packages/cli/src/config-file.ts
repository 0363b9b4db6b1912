import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The `.sops.yaml` that sops would use: `SOPS_CONFIG`, else the next one upwards from the working folder. */
export function findConfigFile(): string | undefined {
  const given = process.env.SOPS_CONFIG;
  if (given !== undefined && given !== "") return given;
  for (let folder = resolve("."); ; folder = dirname(folder)) {
    const path = join(folder, ".sops.yaml");
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) return undefined;
  }
}
