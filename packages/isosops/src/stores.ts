import type { Layout, Store } from "@isosops/core";
import { loadStore, type StoreName, storeNameForPath } from "@isosops/formats/load";

/** A format by the name sops has for it (ENV is `dotenv`), `toml` or `xml`, which sops does not read, or a store of your own. */
export type Format = StoreName | Store;

export interface CommonOptions {
  /** What the source is. */
  format: Format;
  /** What the result is to be; the same as `format` when left out. */
  outputFormat?: Format | undefined;
  /**
   * `preserve`, the default: every byte but the values concerned and the `sops` block stays as the author wrote it.
   * `sops`: the bytes that the sops command would write.
   */
  layout?: Layout | undefined;
  /** Spaces a level of what is written anew. As the format has it when left out: YAML 4, JSON a tab. */
  indent?: number | undefined;
  /** The file's name, for error messages. */
  filename?: string | undefined;
}

/** The format of a file by its name, as sops has it: `yaml`, `json`, `dotenv`, `ini`, and `binary` for all others. */
export function formatForPath(path: string): StoreName {
  return storeNameForPath(path);
}

export async function stores({
  format,
  outputFormat = format,
}: CommonOptions): Promise<{ store: Store; outputStore: Store }> {
  const store = await toStore(format);
  return { store, outputStore: outputFormat === format ? store : await toStore(outputFormat) };
}

export function layout({
  layout,
  indent,
  filename,
}: CommonOptions): Pick<CommonOptions, "layout" | "indent" | "filename"> {
  return { layout, indent, filename };
}

/** @throws {SopsError} `invalid_option` for a name that is none. */
export async function toStore(format: Format): Promise<Store> {
  return typeof format === "string" ? loadStore(format) : format;
}
