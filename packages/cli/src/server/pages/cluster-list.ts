import {
  type ClusterAnswer,
  type ClusterFile,
  type ClusterItem,
  type FileUse,
  GitopsError,
  HttpError,
  type ItemAnswer,
  parseCluster,
} from "@isosops/gitops";
import { statSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { findFiles } from "@isosops/node/internal/find-files";
import { SopsError } from "isosops";
import { locateFile } from "../../commands/cluster/locate-file.js";
import { mayContain } from "../../keyring/repository-files.js";
import { readBytes, textOf, versionOf } from "./read-text.js";
import type { RootFolder } from "./root-folder.js";

/** A cluster file below the root folder. */
export interface ListedCluster {
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly answer: ClusterAnswer;
  /** What its items are, by the absolute paths of their files. */
  readonly uses: ReadonlyMap<string, readonly FileUse[]>;
}

/** The cluster files of a folder. Those that have not changed are not read again, unless there is a problem. */
export interface ClusterList {
  list(): Promise<readonly ListedCluster[]>;
}

/** Every cluster file contains this. */
export const clusterText = "ImportCluster";

export function clusterList(root: RootFolder): ClusterList {
  let known = new Map<string, { readonly stamp: string; readonly cluster: ListedCluster | undefined }>();
  return {
    async list() {
      const now: typeof known = new Map();
      for (const found of findFiles([root.path])) {
        const path = resolve(found);
        const name = root.nameOf(path);
        if (name === undefined || !/\.ya?ml$/i.test(name)) continue;
        const stamp = stampOf(path);
        const before = known.get(path);
        // A problem may be one of another file, which was corrected.
        const isKnown = before?.stamp === stamp && !hasProblem(before.cluster);
        now.set(path, isKnown ? before : { stamp, cluster: await look(root, path, name) });
      }
      known = now;
      return [...now.values()].flatMap(({ cluster }) => (cluster === undefined ? [] : [cluster]));
    },
  };
}

function hasProblem(cluster: ListedCluster | undefined): boolean {
  return cluster?.answer.stacks.some(({ items }) => items.some(({ problem }) => problem !== null)) ?? false;
}

/** Changes whenever the file does. */
function stampOf(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? "" : [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join();
}

async function look(root: RootFolder, path: string, name: string): Promise<ListedCluster | undefined> {
  if (!mayContain(path, [clusterText])) return undefined;
  let bytes: Uint8Array | undefined;
  try {
    bytes = readBytes(path, name);
    if (bytes === undefined) return undefined;
    const text = textOf(bytes, name);
    const cluster = await parseCluster(text, name);
    return describeCluster(root, path, name, bytes, cluster);
  } catch (error) {
    if (!(error instanceof GitopsError || error instanceof SopsError || error instanceof HttpError)) throw error;
    // What is no cluster file only mentions one.
    if (bytes === undefined || !isMeantAsCluster(bytes)) return undefined;
    const empty = { path: name, version: versionOf(bytes), name: null, decryption: null, stacks: [] };
    return { path, answer: { ...empty, problem: error.message }, uses: new Map() };
  }
}

function isMeantAsCluster(bytes: Uint8Array): boolean {
  return /^kind:[ \t]*["']?ImportCluster["']?[ \t]*(?:#.*)?\r?$/m.test(new TextDecoder().decode(bytes));
}

/** What is to be said of a cluster file, with the files that it names. */
export async function describeCluster(
  root: RootFolder,
  path: string,
  name: string,
  bytes: Uint8Array,
  cluster: ClusterFile,
): Promise<ListedCluster> {
  const uses = new Map<string, FileUse[]>();
  const stacks = [];
  for (const stack of cluster.stacks) {
    const items: ItemAnswer[] = [];
    for (const item of stack.items) {
      const { file, problem } = await locateItem(root, path, item);
      if (file !== undefined) {
        const use = { cluster: name, stack: stack.name, kind: item.kind, name: item.name };
        const before = uses.get(file);
        if (before === undefined) uses.set(file, [use]);
        else before.push(use);
      }
      items.push({
        kind: item.kind,
        name: item.name,
        chart: item.chart ?? null,
        path: file === undefined ? null : root.nameOf(file)!,
        inline: item.content?.kind === "inline" ? item.content.field : null,
        marks: item.marks.map(({ key }) => key),
        problem: problem ?? null,
      });
    }
    stacks.push({ name: stack.name, items });
  }
  const { decryption = null } = cluster;
  const answer = {
    path: name,
    version: versionOf(bytes),
    name: cluster.name ?? null,
    decryption,
    stacks,
    problem: null,
  };
  return { path, answer, uses };
}

async function locateItem(
  root: RootFolder,
  clusterPath: string,
  { content }: ClusterItem,
): Promise<{ readonly file?: string; readonly problem?: string }> {
  if (content?.kind !== "file") return {};
  try {
    const file = await locateFile(clusterPath, content.path);
    const name = root.nameOf(file);
    if (name !== undefined) return { file: root.locate(name) };
    return {
      problem: `The file ${content.path} is not served: it is outside of the folder of the server, or its name is not that of a YAML or JSON file. Serve a folder that contains it: \`isosops org serve --ui --root FOLDER\`.`,
    };
  } catch (error) {
    if (!(error instanceof GitopsError || error instanceof HttpError)) throw error;
    return { problem: error.message };
  }
}
