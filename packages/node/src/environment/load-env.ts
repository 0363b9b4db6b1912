import { isAbsolute, join } from "node:path";
import { SopsError, type Warning } from "@isosops/core";
import type { FindKeysOptions } from "../keys/find-keys.js";
import { readFile } from "../read-file.js";
import { errorCode } from "../system-error.js";
import { withFileName } from "../with-file-name.js";
import { isCiphertext } from "./ciphertext.js";
import { type EnvConvention, envFilesOf } from "./env-files.js";
import { type FileOpener, fileOpener } from "./file-opener.js";
import { type EnvFile, readEnvFile } from "./read-env-file.js";

/**
 * Options of `loadEnv`. Without any, it reads the `.env` files in the working folder. With `identities`, `keySources` or
 * `kinds`, no other keys are looked for.
 */
export interface LoadEnvOptions extends FindKeysOptions {
  /**
   * These files, in any format, instead of the `.env` files. Later ones take precedence. Each of them must exist. Relative
   * paths start at `folder`.
   */
  files?: readonly string[] | undefined;
  /** The folder of the `.env` files. Default: the working folder. */
  folder?: string | undefined;
  /** MODE in `.env.MODE`. Default: `NODE_ENV`, else `development`. */
  mode?: string | undefined;
  /**
   * The precedence of `.env` files, from the highest. `next` (default), that of Next.js: `.env.MODE.local`, `.env.local`
   * (not in the mode `test`), `.env.MODE`, `.env`. `vite`: `.env.MODE.local`, `.env.MODE`, `.env.local`, `.env`.
   */
  convention?: EnvConvention | undefined;
  /** Set variables that exist already, too. Default: they keep their values. */
  override?: boolean | undefined;
  /** Joins the keys and list indices on the path of a nested value in YAML, JSON and INI. Default: `_`. */
  separator?: string | undefined;
  /** The variables to set, and those that exist. Default: `process.env`. */
  env?: Record<string, string | undefined> | undefined;
}

/** What `loadEnv` has read. */
export interface LoadedEnv {
  /** The values of all files by name, of several the one that takes precedence, whether it was set or not. */
  readonly variables: Readonly<Record<string, string>>;
  /** The files, by increasing precedence. */
  readonly files: readonly string[];
  /** Warnings about the files. */
  readonly warnings: readonly EnvWarning[];
}

/** A warning about a file. */
export interface EnvWarning extends Warning {
  readonly file: string;
}

/**
 * Sets the values of encrypted and plain files as environment variables: `.env` files by the rules of Next.js or Vite, or
 * any others. Sets all of them or none: nothing is set before all files are decrypted and verified.
 *
 * A variable that exists keeps its value, unless that is a ciphertext: Bun, Next.js and `node --env-file` read encrypted
 * `.env` files as if they were plain.
 *
 * @returns The values, also of variables that kept others.
 * @throws {SopsError} `read_file` if a file cannot be read; `invalid_option`; `not_encrypted` if the metadata of an
 * encrypted file is missing; `unsupported` for what cannot be an environment variable; and the errors of `decrypt`.
 * @example
 * await loadEnv(); // .env, .env.local, ...
 * await loadEnv({ files: ["secrets/database.yaml"] }); // process.env.db_password
 * const { variables } = await loadEnv({ env: {} }); // leaves process.env alone
 */
export async function loadEnv(options: LoadEnvOptions = {}): Promise<LoadedEnv> {
  checkOptions(options);
  const { folder = ".", mode = process.env.NODE_ENV || "development", convention = "next" } = options;
  const { override = false, separator = "_", env = process.env } = options;
  const open = fileOpener(options);
  const names = options.files ?? envFilesOf(mode, convention);
  const found = new Map<string, string>();
  const files: string[] = [];
  const warnings: EnvWarning[] = [];
  for (const name of names) {
    const path = isAbsolute(name) ? name : join(folder, name);
    const read = await readVariables(path, { isOptional: options.files === undefined, separator, open });
    if (read === undefined) continue;
    files.push(path);
    warnings.push(...read.warnings.map((warning) => ({ ...warning, file: path })));
    for (const [variable, value] of read.variables) found.set(variable, value);
  }
  for (const [name, value] of found) {
    const existing = env[name];
    if (override || existing === undefined || isCiphertext(existing)) env[name] = value;
  }
  return { variables: Object.fromEntries(found), files, warnings };
}

interface ReadOptions {
  /** Return undefined if there is no such file. */
  readonly isOptional: boolean;
  readonly separator: string;
  readonly open: FileOpener;
}

async function readVariables(path: string, { isOptional, separator, open }: ReadOptions): Promise<EnvFile | undefined> {
  let source: Uint8Array;
  try {
    source = await readFile(path);
  } catch (error) {
    // A folder of that name is a virtual environment of Python.
    const isMissing = ["ENOENT", "EISDIR"].includes(errorCode((error as Error).cause) ?? "");
    if (isOptional && isMissing) return undefined;
    throw error;
  }
  return withFileName(path, () => readEnvFile(path, source, separator, open));
}

const isText = (value: unknown): boolean => typeof value === "string";

/** For callers without a type checker: an option that is silently ignored would set other values. */
const checks: Readonly<Record<keyof LoadEnvOptions, readonly [isValid: (value: unknown) => boolean, type: string]>> = {
  files: [(value) => Array.isArray(value) && value.every(isText), 'a list of paths, such as `[".env"]`'],
  folder: [isText, "a path"],
  mode: [isText, 'a string, such as "production"'],
  convention: [(value) => value === "next" || value === "vite", '"next" or "vite"'],
  override: [(value) => typeof value === "boolean", "true or false"],
  separator: [isText, 'a string, such as "_"'],
  env: [(value) => typeof value === "object" && value !== null, "an object, such as `process.env`"],
  identities: [Array.isArray, "a list of identities of age"],
  keySources: [Array.isArray, "a list of key sources"],
  kinds: [Array.isArray, "a list of kinds of keys"],
  onRecovered: [(value) => typeof value === "function", "a function"],
  decryptionOrder: [(value) => Array.isArray(value) && value.every(isText), 'a list, such as `["kms", "age"]`'],
  passphrase: [(value) => typeof value === "function", "a function"],
  pluginUi: [(value) => typeof value === "object" && value !== null, "an object"],
  signal: [(value) => value instanceof AbortSignal, "an `AbortSignal`"],
};

function checkOptions(options: LoadEnvOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof LoadEnvOptions] : undefined;
    if (check === undefined) {
      throw new SopsError(
        "invalid_option",
        `There is no option ${JSON.stringify(name)} here. The options are ${Object.keys(checks).join(", ")}.`,
      );
    }
    if (value !== undefined && !check[0](value)) {
      throw new SopsError("invalid_option", `\`${name}\` must be ${check[1]}.`);
    }
  }
}
