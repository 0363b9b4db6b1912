/** Finds and installs helm and its plugin helm-secrets, for the tests that run them live. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { bring, commitOf } from "./clients/repositories.js";
import { buildWithGo, cacheFolder } from "./tools.js";

/** Argo CD 3.4 has the one, 3.5 the other. */
const helmVersions = ["3.19.5", "4.2.1"];
const helmSecretsVersion = "4.7.7";

const helmPath = (version) => join(cacheFolder(), `helm-${version}`, "helm");
/** Of the release, and of the commit whose tests are run with `pnpm clients`. */
const pluginsFolders = () =>
  [helmSecretsVersion, commitOf("jkroepke/helm-secrets")].map((version) =>
    join(cacheFolder(), `helm-secrets-${version}`),
  );
const hasHelmSecrets = (folder) => existsSync(join(folder, "helm-secrets", "plugin.yaml"));

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
  const { HELM_SECRETS_PLUGINS: named } = process.env;
  return (named ? [named] : pluginsFolders()).find(hasHelmSecrets);
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
 * Fetches helm-secrets into the cache, where it is not there yet: the release, else from its repository.
 *
 * @throws where neither can be reached
 */
export async function installHelmSecrets() {
  const found = pluginsFolders().find(hasHelmSecrets);
  if (found !== undefined) return found;
  const [released, checkedOut] = pluginsFolders();
  mkdirSync(cacheFolder(), { recursive: true });
  const unpacking = mkdtempSync(join(cacheFolder(), "unpacking-"));
  try {
    return await unpackRelease(unpacking, released);
  } catch (cause) {
    try {
      cpSync(bring("jkroepke/helm-secrets"), join(unpacking, "helm-secrets"), { recursive: true });
    } catch (second) {
      throw new Error(`helm-secrets ${helmSecretsVersion} cannot be fetched: ${cause.message}. ${second.message}`, {
        cause,
      });
    }
    renameSync(unpacking, checkedOut);
    return checkedOut;
  } finally {
    rmSync(unpacking, { recursive: true, force: true });
  }
}

async function unpackRelease(unpacking, folder) {
  const url = `https://github.com/jkroepke/helm-secrets/releases/download/v${helmSecretsVersion}/helm-secrets.tar.gz`;
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${url} answers with HTTP status ${response.status}`);
  execFileSync("tar", ["-xzf", "-", "-C", unpacking], { input: Buffer.from(await response.arrayBuffer()) });
  renameSync(unpacking, folder);
  return folder;
}
