import { basename } from "node:path";
import {
  argocdNamespace,
  argocdSettings,
  argocdValues,
  clusterFlag,
  fluxNamespace,
  getDecryption,
  HttpError,
  type PagesBackend,
  setDecryption,
  shellWord,
} from "@isosops/gitops";
import { clusterFiles } from "../../commands/cluster/cluster-files.js";
import { examineAll } from "../../commands/doctor/run.js";
import { openToEncrypt, problemOf } from "../../keyring/open-organisation.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { showPath } from "../../terminal/show-path.js";
import type { ServedOrganisation } from "../served-organisation.js";
import type { CheckClusters } from "./check-clusters.js";
import { clusterList } from "./cluster-list.js";
import { fileRoutes } from "./file-routes.js";
import { organisationRoutes } from "./organisation-routes.js";
import { readBytes, versionOf } from "./read-text.js";
import { rootFolder } from "./root-folder.js";

/**
 * What the pages can do in the working folder.
 *
 * @param check in another thread, so that the others are answered meanwhile
 */
export function pagesBackend(served: ServedOrganisation, check: CheckClusters): PagesBackend {
  const root = rootFolder(".");
  const clusters = clusterList(root);
  const files = fileRoutes(root, clusters, check);
  /** The absolute path of a cluster file. Throws `HttpError`. */
  const clusterAt = async (name: string): Promise<string> => {
    const path = root.locate(name);
    if ((await clusters.list()).some((cluster) => cluster.path === path)) return path;
    throw new HttpError(
      404,
      `${name}: this is not a cluster file. \`GET /api/v1/clusters\` lists those that there are.`,
    );
  };
  return described({
    root: basename(root.path),
    clusters: async () => ({ clusters: (await clusters.list()).map(({ answer }) => answer) }),
    readFile: files.readFile,
    saveFiles: (request) =>
      files.saveFiles(request, async () => {
        const organisation = await served.get();
        // Without a keyring, the repository tells the keys.
        if ((await organisation.storage.read()) === undefined) return openToEncrypt(["."]);
        const problem = await problemOf(organisation, ["."], true);
        if (problem !== undefined) throw problem;
        return organisation;
      }),

    async setDecryption({ path: name, decryption, version }) {
      const path = await clusterAt(name);
      const now = readBytes(path, name);
      const found = now === undefined ? null : versionOf(now);
      if (found !== version) {
        throw new HttpError(
          409,
          `Somebody else has changed ${name} meanwhile, and nothing was done. Look at it, and try again.`,
          {},
          { code: "changed", changed: [{ path: name, version: found }] },
        );
      }
      const { read, replace } = clusterFiles();
      let text: Uint8Array = now!;
      const files: Parameters<typeof setDecryption>[0] = {
        // What is replaced is compared with what was read here, so that nobody's change is lost.
        read: async (one) => (one === path ? now : read(one)),
        replace(one, before, after) {
          text = after;
          return replace(one, before, after);
        },
      };
      await setDecryption(files, path, decryption);
      // Of what was written, and not of what somebody else has made of it since.
      return { path: name, decryption, version: versionOf(text) };
    },

    async argocd(name) {
      const path = await clusterAt(name);
      const decryption = await getDecryption(clusterFiles(), path);
      const flag = clusterFlag(showPath(path));
      const apply = "kubectl apply --server-side --field-manager isosops -f -";
      return {
        key_command: `isosops cluster argocd --only key${flag} | ${apply}`,
        remove_command: `kubectl -n ${shellWord(argocdNamespace)} delete secret ankra-sops-age-key`,
        settings: await argocdSettings({}),
        values: await argocdValues({}),
        flux_command: `isosops cluster flux --namespace ${fluxNamespace}${flag} | ${apply}`,
        problem:
          decryption === true
            ? null
            : decryption === false
              ? "Decryption is disabled for this cluster, so it gets no key. Enable it first."
              : "The cluster file does not say whether this cluster decrypts. Enable decryption first.",
      };
    },

    async doctor(name) {
      const path = await clusterAt(name);
      const findings = await examineAll([], showPath(path));
      return {
        findings: findings.map(({ topic, rule, level, message, remedy, file, line }) => ({
          topic,
          rule,
          level,
          message,
          remedy: remedy ?? null,
          file: file ?? null,
          line: line ?? null,
        })),
      };
    },
    ...organisationRoutes(served),
  });
}

/** The work, with errors of commands as responses. Their messages contain no secret. */
function described(backend: PagesBackend): PagesBackend {
  const entries = Object.entries(backend).map(([name, work]) => {
    if (typeof work !== "function") return [name, work];
    const run = async (...given: unknown[]): Promise<unknown> => {
      try {
        return await (work as (...all: unknown[]) => Promise<unknown>)(...given);
      } catch (error) {
        throw error instanceof CommandError ? toHttp(error) : error;
      }
    };
    return [name, run];
  });
  return Object.fromEntries(entries) as PagesBackend;
}

function toHttp({ exitCode, message }: CommandError): HttpError {
  if (exitCode === exitCodes.keyInUse) return new HttpError(409, message, {}, { code: "in_use" });
  return new HttpError(exitCode === exitCodes.writeOutput ? 503 : 422, message);
}
