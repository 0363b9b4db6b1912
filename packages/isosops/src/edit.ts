import { type Data, type DataOptions, type Path, parsePath, SopsError } from "@isosops/core";
import {
  type Edited,
  type Extracted,
  extract as extractWith,
  fromData,
  getValue,
  setValue,
  unsetValue,
} from "@isosops/core/edit";
import { dataChecks } from "./data-options.js";
import { checkArguments, isAnything, isFlag, isString, type OneOf, type OptionChecks } from "./options.js";
import { type OpeningOptions, openingChecks, recovery } from "./recovery.js";
import { withSource } from "./source.js";
import { type OutputOptions, outputChecks, type SourceOptions, sourceChecks, sourceStore, stores } from "./stores.js";

/** Where in a file a value is. */
type PathOptions = SourceOptions &
  OpeningOptions & {
    /**
     * Keys and 0-based list indices from the top of the (first) document, `["db", "hosts", 0]`, or a string in the syntax
     * of the sops command, `'["db"]["hosts"][0]'`.
     */
    path: string | Path;
    /** Continue even if the MAC is missing or wrong. */
    ignoreMac?: boolean | undefined;
  };

interface ChangeOptions extends OutputOptions {
  /**
   * Return the source unchanged if `set` finds the value already there, or `unset` finds nothing. Without it, `set`
   * updates `lastmodified` and the MAC, and `unset` throws.
   */
  idempotent?: boolean | undefined;
  /** Like in `encrypt`, if the change requires the layout of sops. */
  allowLoss?: boolean | undefined;
}

/** The new value: one of `value` and `json`. */
type NewValue = OneOf<{
  /** The new value: a single value, a list or an object. */
  value: Data;
  /** The new value as JSON, which preserves the order of keys, 64-bit integers and the spelling of numbers. */
  json: string;
}>;

/** Options of `set`. */
export type SetOptions = PathOptions & ChangeOptions & NewValue;

/** Options of `unset`. */
export type UnsetOptions = PathOptions & ChangeOptions;

/** What authenticates the value. */
interface AuthenticationOptions {
  /**
   * `file` (default): decrypt the whole file and check its MAC. `value`: decrypt the single value at the path alone, which is
   * authenticated with the keys on its path, and does not take longer than parsing the file. Whoever can write to the file
   * can then put an older value in its place, or another item of the same list. Plain values, empty ones, lists and
   * mappings are refused, as only the MAC authenticates them.
   */
  verify?: "file" | "value" | undefined;
}

/** Options of `get`. */
export type GetOptions = PathOptions & AuthenticationOptions & DataOptions;

/** Options of `extract`. */
export type ExtractOptions = PathOptions & AuthenticationOptions & Pick<OutputOptions, "outputFormat" | "indent">;

const pathChecks: OptionChecks<PathOptions> = {
  ...sourceChecks,
  ...openingChecks,
  path: isAnything,
  ignoreMac: isFlag,
};

const unsetChecks: OptionChecks<UnsetOptions> = {
  ...pathChecks,
  ...outputChecks,
  idempotent: isFlag,
  allowLoss: isFlag,
};

const setChecks: OptionChecks<SetOptions> = { ...unsetChecks, value: isAnything, json: isString };

const verifyCheck = ["file", "value"];

const getChecks: OptionChecks<GetOptions> = { ...pathChecks, verify: verifyCheck, ...dataChecks };

const { outputFormat: formatCheck, indent: indentCheck } = outputChecks;

const extractChecks: OptionChecks<ExtractOptions> = {
  ...pathChecks,
  verify: verifyCheck,
  outputFormat: formatCheck,
  indent: indentCheck,
};

/** See `on-demand.ts`. */
export async function set(source: string | Uint8Array, options: SetOptions): Promise<Edited> {
  checkArguments(source, options, setChecks);
  const { value, json } = options;
  if ((value === undefined) === (json === undefined)) {
    throw new SopsError("invalid_option", "Give the new value: either `value` or, as JSON text, `json`.");
  }
  const node = json === undefined ? fromData(value!) : (await import("@isosops/formats/json")).parseJsonValue(json);
  const [path, edit] = [toPath(options.path), await editOptions(options)];
  return withSource(source, (read) => setValue(read, path, node, edit));
}

/** See `on-demand.ts`. */
export async function unset(source: string | Uint8Array, options: UnsetOptions): Promise<Edited> {
  checkArguments(source, options, unsetChecks);
  const [path, edit] = [toPath(options.path), await editOptions(options)];
  return withSource(source, (read) => unsetValue(read, path, edit));
}

/** See `on-demand.ts`. */
export async function get(source: string | Uint8Array, options: GetOptions): Promise<Data> {
  checkArguments(source, options, getChecks);
  const { filename, ignoreMac, verify, integers, dates } = options;
  const path = toPath(options.path);
  const opening = {
    store: await sourceStore(options),
    ...recovery(options),
    filename,
    ignoreMac,
    verify,
    integers,
    dates,
  };
  return withSource(source, (read) => getValue(read, path, opening));
}

/** See `on-demand.ts`. */
export async function extract(source: string | Uint8Array, options: ExtractOptions): Promise<Extracted> {
  checkArguments(source, options, extractChecks);
  const { ignoreMac, verify, indent, filename } = options;
  const path = toPath(options.path);
  const extraction = { ...(await stores(options)), ...recovery(options), ignoreMac, verify, indent, filename };
  return withSource(source, (read) => extractWith(read, path, extraction));
}

async function editOptions(options: UnsetOptions) {
  const { layout, indent, filename, ignoreMac, idempotent, allowLoss } = options;
  return {
    ...(await stores(options)),
    ...recovery(options),
    layout,
    indent,
    filename,
    ignoreMac,
    idempotent,
    allowLoss,
  };
}

function toPath(path: string | Path): Path {
  if (typeof path === "string") return parsePath(path);
  const isPath =
    Array.isArray(path) &&
    Array.from(path).every((part) => typeof part === "string" || (Number.isSafeInteger(part) && (part as number) >= 0));
  if (isPath) return path;
  throw new SopsError(
    "invalid_path",
    '`path` must be a list of keys and list indices, such as `["db", "hosts", 0]`, or a string such as `["db"]["hosts"][0]`.',
  );
}
