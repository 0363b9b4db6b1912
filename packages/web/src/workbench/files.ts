/** Files of the computer: dropped, chosen, of a folder that was opened, and back to it. */

/** A file that was read. */
export interface ReadFile {
  readonly name: string;
  /** Relative to the folder that was opened, else the name. */
  readonly path: string;
  /** Text if it is UTF-8, else its bytes. */
  readonly content: string | Uint8Array;
  /** To write it back, where the browser can. */
  readonly handle: FileSystemFileHandle | undefined;
}

/** A file of a folder. */
export interface FolderFile {
  readonly path: string;
  readonly handle: FileSystemFileHandle;
}

/** A folder that was opened. */
export interface Folder {
  readonly name: string;
  readonly files: readonly FolderFile[];
  /** Whether there are more files than are listed. */
  readonly isCut: boolean;
}

const mostFiles = 5000;
const skipped = new Set([".git", "node_modules", ".terraform", ".venv"]);

/** Whether the browser opens folders. */
export function canOpenFolders(): boolean {
  return "showDirectoryPicker" in window;
}

export async function readFile(file: File, path = file.name, handle?: FileSystemFileHandle): Promise<ReadFile> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return { name: file.name, path, content: decode(bytes) ?? bytes, handle };
}

/** Asks for a folder. Undefined if somebody closes the dialog. */
export async function openFolder(): Promise<Folder | undefined> {
  let folder: FileSystemDirectoryHandle;
  try {
    folder = await (
      window as unknown as { showDirectoryPicker(options: object): Promise<FileSystemDirectoryHandle> }
    ).showDirectoryPicker({
      mode: "read",
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    throw error;
  }
  const files: FolderFile[] = [];
  const isCut = await listFiles(folder, "", files);
  return { name: folder.name, files: files.sort((one, other) => (one.path < other.path ? -1 : 1)), isCut };
}

async function listFiles(folder: FileSystemDirectoryHandle, above: string, into: FolderFile[]): Promise<boolean> {
  for await (const [name, entry] of folder.entries()) {
    if (into.length >= mostFiles) return true;
    const path = above === "" ? name : `${above}/${name}`;
    if (entry.kind === "file") into.push({ path, handle: entry as FileSystemFileHandle });
    else if (!skipped.has(name) && (await listFiles(entry as FileSystemDirectoryHandle, path, into))) return true;
  }
  return false;
}

/** The nearest `.sops.yaml` above a file of the folder, and the file's path relative to it. */
export async function findConfig(
  folder: Folder,
  path: string,
): Promise<{ text: string; path: string; name: string } | undefined> {
  const parts = path.split("/");
  for (let depth = parts.length - 1; depth >= 0; depth--) {
    const name = [...parts.slice(0, depth), ".sops.yaml"].join("/");
    const found = folder.files.find((file) => file.path === name);
    if (found === undefined) continue;
    const text = await (await found.handle.getFile()).text();
    return { text, path: parts.slice(depth).join("/"), name };
  }
  return undefined;
}

/**
 * Writes a file in place: all of it or nothing.
 *
 * @param expected - What it is to hold now. If it holds anything else, somebody changed it.
 * @throws {Error} with what to do.
 */
export async function writeInPlace(
  handle: FileSystemFileHandle,
  expected: string | Uint8Array,
  text: string,
): Promise<void> {
  const writable = handle as FileSystemFileHandle & { requestPermission?(options: object): Promise<PermissionState> };
  if (
    writable.requestPermission !== undefined &&
    (await writable.requestPermission({ mode: "readwrite" })) !== "granted"
  ) {
    throw new Error("The browser was not allowed to write the file. Allow it, or download the file instead.");
  }
  const now = await readFile(await handle.getFile());
  if (!isSame(now.content, expected)) {
    throw new Error(
      `${handle.name} was changed by another program since it was opened. Nothing was written. Open it again, or download this one.`,
    );
  }
  let stream: FileSystemWritableFileStream;
  try {
    stream = await handle.createWritable();
  } catch {
    throw new Error(`${handle.name} cannot be written. Is it read-only? Download the file instead.`);
  }
  try {
    // The browser writes another file first, and puts it in place when it is closed.
    await stream.write(text);
    await stream.close();
  } catch {
    await stream.abort().catch(() => {});
    throw new Error(`${handle.name} could not be written: is the disk full? The file is as it was.`);
  }
}

/** Gives a file to the browser to download. */
export function download(name: string, content: string | Uint8Array): void {
  const url = URL.createObjectURL(new Blob([content as BlobPart], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function isSame(one: string | Uint8Array, other: string | Uint8Array): boolean {
  if (typeof one === "string" || typeof other === "string") return one === other;
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** UTF-8, with a byte order mark as part of it; undefined if it is none. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
