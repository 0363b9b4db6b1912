import { FileChangedError, isUnchanged } from "./write-file.js";

/** How a file is edited. */
export interface InPlaceEdit<Result> {
  read(): Promise<Uint8Array>;
  /** Makes the new content. */
  edit(source: Uint8Array): Promise<Result>;
  /** Writes it if the file still holds `source`. Throws `FileChangedError` otherwise. */
  write(result: Result, source: Uint8Array): Promise<void>;
}

/** Maximum number of attempts. Each failed attempt means that another process has finished its edit. */
const maxAttempts = 100;

/**
 * Edit a file that other processes edit at the same time: if one of them has changed it meanwhile, edit its new content. No
 * edit is lost.
 *
 * @throws {FileChangedError} if that happens 100 times in a row; and what the functions throw
 */
export async function editInPlace<Result>(path: string, { read, edit, write }: InPlaceEdit<Result>): Promise<Result> {
  for (let left = maxAttempts - 1; ; left--) {
    try {
      const source = await read();
      const result = await edit(source).catch(async (error) => {
        // A partial write may have been read.
        throw (await isUnchanged(path, source)) ? error : new FileChangedError(path);
      });
      await write(result, source);
      return result;
    } catch (error) {
      if (!(error instanceof FileChangedError) || left === 0) throw error;
    }
  }
}
