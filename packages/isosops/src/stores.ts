import type { Layout, Store } from "@isosops/core";
import { loadStore, type StoreName, storeNameForPath } from "@isosops/formats/load";

/**
 * A format: the name that sops uses for it (`dotenv` for ENV), `toml` or `xml`, which sops does not support, or a
 * custom store.
 */
export type Format = StoreName | Store;

/** Options that most functions have in common. */
export interface CommonOptions {
  /** The format of the source. */
  format: Format;
  /** The format of the result. Default: `format`. */
  outputFormat?: Format | undefined;
  /**
   * `preserve` (default): keep the author's formatting; only the affected values and the `sops` block change. `sops`:
   * format like the sops command.
   */
  layout?: Layout | undefined;
  /** Indent width of generated text. Default: that of the format (YAML 4 spaces, JSON a tab). */
  indent?: number | undefined;
  /** The file's name, used in error messages. */
  filename?: string | undefined;
}

/**
 * Determines the format of a file from its name, like sops: `yaml`, `json`, `dotenv`, `ini`, and `binary` for all
 * others.
 *
 * @throws {SopsError} `invalid_option` if `path` is not a string.
 */
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

export function layoutOptions({
  layout,
  indent,
  filename,
}: CommonOptions): Pick<CommonOptions, "layout" | "indent" | "filename"> {
  return { layout, indent, filename };
}

/** @throws {SopsError} `invalid_option` for an unknown format. */
export async function toStore(format: Format): Promise<Store> {
  return typeof format === "string" ? loadStore(format) : format;
}
