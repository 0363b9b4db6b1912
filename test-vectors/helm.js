/** Finds and installs helm and its plugin helm-secrets, for the tests that run them live. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { buildWithGo, cacheFolder } from "./tools.js";

/** Argo CD 3.4 has the one, 3.5 the other. */
const helmVersions = ["3.19.5", "4.2.1"];
const helmSecretsVersion = "4.7.7";

const helmPath = (version) => join(cacheFolder(), `helm-${version}`, "helm");
const pluginsFolder = () => join(cacheFolder(), `helm-secrets-${helmSecretsVersion}`);

/**
 * The helms of `HELM_BIN` (several are separated as in `PATH`), else those of the cache.
 *
 * @returns {string[]}
 */
export function findHelms() {
  const named = process.env.HELM_BIN ? process.env.HELM_BIN.split(delimiter) : helmVersions.map(helmPath);
  return named.filter((path) => existsSync(path));
}

/**
 * The folder for `HELM_PLUGINS`, which `HELM_SECRETS_PLUGINS` names or the cache holds; undefined where helm-secrets is not there.
 *
 * @returns {string | undefined}
 */
export function findHelmSecrets() {
  const plugins = process.env.HELM_SECRETS_PLUGINS || pluginsFolder();
  return existsSync(join(plugins, "helm-secrets", "plugin.yaml")) ? plugins : undefined;
}

/** Builds the helms with Go into the cache, where they are not there yet. Takes minutes the first time. */
export function installHelms() {
  for (const version of helmVersions) {
    if (existsSync(helmPath(version))) continue;
    const [major] = version.split(".");
    buildWithGo(`helm-${version}`, (folder) => ({
      command: ["install", "-trimpath", `helm.sh/helm/v${major}/cmd/helm@v${version}`],
      environment: { GOBIN: folder },
    }));
  }
  return helmVersions.map(helmPath);
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
