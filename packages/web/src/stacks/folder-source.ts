/** Files of stacks in a folder of this computer, by the File System Access API. Nothing leaves the page. */
import { publishedPath } from "@isosops/gitops";
import { callEngine } from "../engine/client.js";
import type { OpenWith } from "./open-with.js";
import { ChangedElsewhere, type FoundCluster, type StackSource, versionOf } from "./source.js";

/** Asks for a folder. Undefined if none was chosen. */
export async function chooseFolder(): Promise<FileSystemDirectoryHandle | undefined> {
  const picker = (window as unknown as { showDirectoryPicker: (options: object) => Promise<FileSystemDirectoryHandle> })
    .showDirectoryPicker;
  try {
    return await picker.call(window, { mode: "readwrite" });
  } catch (error) {
    if ((error as Error).name === "AbortError") return undefined;
    throw error;
  }
}

/** More are not looked through. */
const mostFiles = 20_000;
const skipped = new Set([".git", ".hg", ".svn", "node_modules", ".terraform"]);

/** @param identities returns identities that somebody has typed; they stay in this tab */
export function folderSource(root: FileSystemDirectoryHandle, identities: () => readonly string[]): StackSource {
  const readFile = async (path: string) => {
    const handle = await findFile(root, path, false);
    return handle === undefined ? undefined : new Uint8Array(await (await handle.getFile()).arrayBuffer());
  };
  const read: StackSource["read"] = async (path) => {
    const bytes = await readFile(path);
    if (bytes === undefined) return undefined;
    return { text: decode(bytes, path), version: await versionOf(bytes) };
  };
  return {
    kind: "folder",
    name: root.name,
    read,
    async clusters() {
      const found: FoundCluster[] = [];
      let count = 0;
      for await (const { path, handle } of filesBelow(root, "")) {
        if (++count > mostFiles) break;
        if (!/\.ya?ml$/i.test(path)) continue;
        const text = await (await handle.getFile()).text();
        if (!/^kind:[ \t]*["']?ImportCluster\b/m.test(text)) continue;
        try {
          const { stacks } = await callEngine("outlineCluster", text, path);
          found.push({ path, stacks, problem: undefined });
        } catch (error) {
          found.push({ path, stacks: [], problem: (error as Error).message });
        }
      }
      return found.sort((one, other) => (one.path < other.path ? -1 : 1));
    },
    async write(files) {
      const before = new Map<string, Uint8Array<ArrayBuffer> | undefined>();
      const changed: string[] = [];
      for (const { path, version } of files) {
        const bytes = await readFile(path);
        before.set(path, bytes);
        if ((bytes === undefined ? null : await versionOf(bytes)) !== version) changed.push(path);
      }
      if (changed.length > 0) throw new ChangedElsewhere(changed);
      const written: string[] = [];
      const versions = new Map<string, string>();
      try {
        for (const { path, text } of files) {
          const bytes = new TextEncoder().encode(text);
          written.push(path);
          await writeFile(root, path, bytes);
          versions.set(path, await versionOf(bytes));
        }
      } catch (error) {
        const left = await takeBack(root, written, before);
        const reason = error instanceof Error ? error.message : String(error);
        const rest = left.length === 0 ? "Nothing was changed." : `Look at ${left.join(", ")}: git diff.`;
        throw new Error(`The files could not be written: ${reason} ${rest} What you typed is still here.`);
      }
      return { versions, warnings: [] };
    },
    async organisation() {
      const published = await read(publishedPath);
      return published === undefined ? undefined : callEngine("readPublished", published.text, publishedPath);
    },
    openWith(): OpenWith | undefined {
      const texts = identities();
      return texts.length === 0 ? undefined : { kind: "identities", texts };
    },
    readOnlyReason: undefined,
  };
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error(`${path} is no text in UTF-8. Convert it, then open it again.`);
  }
}

async function* filesBelow(
  folder: FileSystemDirectoryHandle,
  above: string,
): AsyncGenerator<{ path: string; handle: FileSystemFileHandle }> {
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind === "file") yield { path: `${above}${name}`, handle: handle as FileSystemFileHandle };
    else if (!skipped.has(name)) yield* filesBelow(handle as FileSystemDirectoryHandle, `${above}${name}/`);
  }
}

async function findFile(
  root: FileSystemDirectoryHandle,
  path: string,
  create: boolean,
): Promise<FileSystemFileHandle | undefined> {
  const names = path.split("/");
  const last = names.pop() as string;
  let folder = root;
  try {
    for (const name of names) folder = await folder.getDirectoryHandle(name, { create });
    return await folder.getFileHandle(last, { create });
  } catch (error) {
    if ((error as Error).name === "NotFoundError") return undefined;
    throw error;
  }
}

/** The file is replaced as a whole when it is closed. */
async function writeFile(root: FileSystemDirectoryHandle, path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const handle = await findFile(root, path, true);
  const stream = await (handle as FileSystemFileHandle).createWritable();
  try {
    await stream.write(bytes);
    await stream.close();
  } catch (error) {
    await stream.abort().catch(() => {});
    throw error;
  }
}

/** Restores files, and returns those that could not be restored. */
async function takeBack(
  root: FileSystemDirectoryHandle,
  written: readonly string[],
  before: ReadonlyMap<string, Uint8Array<ArrayBuffer> | undefined>,
): Promise<string[]> {
  const left: string[] = [];
  for (const path of written) {
    const bytes = before.get(path);
    try {
      if (bytes !== undefined) await writeFile(root, path, bytes);
      else await removeFile(root, path);
    } catch {
      left.push(path);
    }
  }
  return left;
}

async function removeFile(root: FileSystemDirectoryHandle, path: string): Promise<void> {
  const names = path.split("/");
  const last = names.pop() as string;
  let folder = root;
  for (const name of names) folder = await folder.getDirectoryHandle(name);
  await folder.removeEntry(last).catch((error: Error) => {
    if (error.name !== "NotFoundError") throw error;
  });
}
