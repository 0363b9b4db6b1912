/**
 * Finds and installs kustomize, the schemas of Kubernetes, its libraries and the chart of Argo CD, for the tests of what a cluster
 * is given.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildWithGo, cacheFolder, installWithPip } from "./tools.js";

const kustomizeVersion = "5.8.1";
const validatorVersion = "1.37.0";
const chartVersion = "10.1.1";

const kustomizePath = () => join(cacheFolder(), `kustomize-${kustomizeVersion}`, "kustomize");
const validatorFolder = () => join(cacheFolder(), `kubernetes-validate-${validatorVersion}`);
const validatorPath = () => join(validatorFolder(), "bin", "kubernetes-validate");
const chartFolder = () => join(cacheFolder(), `argo-cd-${chartVersion}`);

/** @returns {string | undefined} the kustomize of `KUSTOMIZE_BIN` or of the cache */
export function findKustomize() {
  return present(process.env.KUSTOMIZE_BIN || kustomizePath());
}

/** Builds kustomize with Go into the cache, where it is not there yet. */
export function installKustomize() {
  if (!existsSync(kustomizePath())) {
    buildWithGo(`kustomize-${kustomizeVersion}`, (folder) => ({
      command: ["install", "-trimpath", `sigs.k8s.io/kustomize/kustomize/v5@v${kustomizeVersion}`],
      environment: { GOBIN: folder },
    }));
  }
  return kustomizePath();
}

/** @returns {string | undefined} `kubernetes-validate`, which has the schemas of all versions of Kubernetes in it */
export function findValidator() {
  return present(process.env.KUBERNETES_VALIDATE_BIN || validatorPath());
}

/**
 * Installs `kubernetes-validate` of PyPI into the cache, where it is not there yet.
 *
 * @throws where there is no Python, or PyPI cannot be reached
 */
export function installValidator() {
  if (!existsSync(validatorPath())) installWithPip(validatorFolder(), `kubernetes-validate==${validatorVersion}`);
  return validatorPath();
}

const apiSource = new URL("kubernetes-api/", import.meta.url);

/** Where what stands for an API server is, once it is built; another place for another source. */
function apiPath() {
  const hash = createHash("sha256");
  for (const file of readdirSync(apiSource).sort()) hash.update(file).update(readFileSync(new URL(file, apiSource)));
  return join(cacheFolder(), `kubernetes-api-${hash.digest("hex").slice(0, 12)}`, "kubernetes-api");
}

/** @returns {string | undefined} what stands for an API server: see kubernetes-api/main.go */
export function findApi() {
  return present(apiPath());
}

/** Builds it with Go into the cache, where it is not there yet. Takes minutes the first time. */
export function installApi() {
  const path = apiPath();
  if (!existsSync(path)) {
    buildWithGo(basename(dirname(path)), (folder) => ({
      command: ["build", "-trimpath", "-o", join(folder, "kubernetes-api"), "."],
      cwd: fileURLToPath(apiSource),
    }));
  }
  return path;
}

/** @returns {string | undefined} the folder of Argo CD's chart: that of `ARGOCD_CHART`, or of the cache */
export function findChart() {
  return present(process.env.ARGOCD_CHART || join(chartFolder(), "argo-cd"));
}

/**
 * Fetches Argo CD's chart into the cache, where it is not there yet.
 *
 * @throws where its site cannot be reached
 */
export async function installChart() {
  if (existsSync(join(chartFolder(), "argo-cd"))) return chartFolder();
  const url = `https://github.com/argoproj/argo-helm/releases/download/argo-cd-${chartVersion}/argo-cd-${chartVersion}.tgz`;
  let archive;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    archive = Buffer.from(await response.arrayBuffer());
  } catch (cause) {
    throw new Error(`the chart argo-cd ${chartVersion} could not be fetched from ${url}: ${cause.message}`, { cause });
  }
  mkdirSync(cacheFolder(), { recursive: true });
  const unpacking = mkdtempSync(join(cacheFolder(), "unpacking-"));
  execFileSync("tar", ["-xzf", "-", "-C", unpacking], { input: archive });
  rmSync(chartFolder(), { recursive: true, force: true });
  renameSync(unpacking, chartFolder());
  return chartFolder();
}

function present(path) {
  return existsSync(path) ? path : undefined;
}
