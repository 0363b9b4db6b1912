import type { Layout, Store } from "@isosops/core";
import { loadStore, type StoreName, storeNameForPath } from "@isosops/formats/load";
import { isObject, isString, isText, type OptionChecks, type SomeOf } from "./options.js";

/**
 * A format: the name that sops uses for it (`dotenv` for ENV), `toml` or `xml`, which sops does not support, or a
 * custom store.
 */
export type Format = StoreName | Store;

/** What the source is: its format, or the name of its file, which tells the format as in {@link formatForPath}. */
export type SourceOptions = SomeOf<{
  /** The format of the source. Default: that of `filename`. */
  format: Format;
  /** The file's name, used in error messages, and for the format if that is not given. */
  filename: string;
}>;

/** How the result is written. */
export interface OutputOptions {
  /** The format of the result. Default: that of the source. */
  outputFormat?: Format | undefined;
  /**
   * `preserve` (default): keep the author's formatting; only the affected values and the `sops` block change. `sops`:
   * format like the sops command.
   */
  layout?: Layout | undefined;
  /** Indent width of generated text. Default: that of the format (YAML 4 spaces, JSON a tab). */
  indent?: number | undefined;
}

export const sourceChecks: OptionChecks<SourceOptions> = {
  format: [isFormat, 'the name of a format, such as "yaml", or a store'],
  filename: isString,
};

export const outputChecks: OptionChecks<OutputOptions> = {
  outputFormat: sourceChecks.format,
  layout: ["preserve", "sops"],
  indent: [
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 100,
    "a whole number of spaces from 0 to 100",
  ],
};

function isFormat(value: unknown): boolean {
  return (
    isText(value) ||
    (isObject(value) && isText(value.name) && typeof value.parse === "function" && typeof value.render === "function")
  );
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

/**
 * The store of the source.
 *
 * @throws {SopsError} `invalid_option` for an unknown format.
 */
export async function sourceStore({ format, filename }: SourceOptions): Promise<Store> {
  return toStore(format ?? formatForPath(filename!));
}

/**
 * The stores of the source and of the result.
 *
 * @throws {SopsError} `invalid_option` for an unknown format.
 */
export async function stores(
  options: SourceOptions & OutputOptions,
): Promise<{ readonly store: Store; readonly outputStore: Store }> {
  const store = await sourceStore(options);
  const { outputFormat } = options;
  if (outputFormat === undefined) return { store, outputStore: store };
  const outputStore = await toStore(outputFormat);
  return { store, outputStore };
}

async function toStore(format: Format): Promise<Store> {
  return typeof format === "string" ? loadStore(format) : format;
}
