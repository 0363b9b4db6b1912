/** Finds and installs helm and its plugin helm-secrets, for the tests that run them live. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildWithGo, cacheFolder } from "./tools.js";

const helmVersion = "3.19.5";
const helmSecretsVersion = "4.7.7";

const helmFolder = () => join(cacheFolder(), `helm-${helmVersion}`);
const pluginsFolder = () => join(cacheFolder(), `helm-secrets-${helmSecretsVersion}`);

/**
 * The helm of `HELM_BIN` or of the cache, and the folder for `HELM_PLUGINS`, which `HELM_SECRETS_PLUGINS` names or the
 * cache holds; undefined where one of them is not there.
 *
 * @returns {{ helm: string, plugins: string } | undefined}
 */
export function findHelm() {
  const helm = process.env.HELM_BIN || join(helmFolder(), "helm");
  const plugins = process.env.HELM_SECRETS_PLUGINS || pluginsFolder();
  return existsSync(helm) && existsSync(join(plugins, "helm-secrets", "plugin.yaml")) ? { helm, plugins } : undefined;
}

/** Builds helm with Go into the cache, where it is not there yet. Takes minutes the first time. */
export function installHelm() {
  const path = join(helmFolder(), "helm");
  if (!existsSync(path)) {
    buildWithGo(`helm-${helmVersion}`, (folder) => ({
      command: ["install", "-trimpath", `helm.sh/helm/v3/cmd/helm@v${helmVersion}`],
      environment: { GOBIN: folder },
    }));
  }
  return path;
}

/**
 * Fetches helm-secrets into the cache, where it is not there yet.
 *
 * @throws where its site cannot be reached
 */
export async function installHelmSecrets() {
  const folder = pluginsFolder();
  if (existsSync(join(folder, "helm-secrets", "plugin.yaml"))) return folder;
  const url = `https://github.com/jkroepke/helm-secrets/releases/download/v${helmSecretsVersion}/helm-secrets.tar.gz`;
  let archive;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    archive = Buffer.from(await response.arrayBuffer());
  } catch (cause) {
    throw new Error(`helm-secrets ${helmSecretsVersion} could not be fetched from ${url}: ${cause.message}`, { cause });
  }
  mkdirSync(cacheFolder(), { recursive: true });
  const unpacking = mkdtempSync(join(cacheFolder(), "unpacking-"));
  execFileSync("tar", ["-xzf", "-", "-C", unpacking], { input: archive });
  rmSync(folder, { recursive: true, force: true });
  renameSync(unpacking, folder);
  return folder;
}
