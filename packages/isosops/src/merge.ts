import { type Data, type KeyReference, type MasterKey, SopsError } from "@isosops/core";
import { fromData } from "@isosops/core/edit";
import { isSameKey, referenceOf } from "@isosops/core/key-reference";
import {
  type Merged,
  type MergedWithoutKey,
  type MergeSources,
  mergeWithoutKey as mergeByCiphertexts,
  merge as mergeWith,
  type Choice as NodeChoice,
  type OpenedConflicts as OpenedNodes,
  openConflicts as openWith,
} from "@isosops/core/merge";
import type { AgeRecipient } from "./age.js";
import { isReference } from "./kinds/checks.js";
import { checkKinds, wrapperFor } from "./kinds/key-groups.js";
import {
  checkArguments,
  isAnything,
  isList,
  isObject,
  isString,
  isText,
  type OneOf,
  type OptionChecks,
  refuse,
} from "./options.js";
import { type OpeningOptions, openingChecks, recovery } from "./recovery.js";
import { withSource } from "./source.js";
import { type SourceOptions, sourceChecks, sourceStore } from "./stores.js";

interface VersionOptions {
  /** The version that both sides come from: an encrypted file. Without one, or with an empty one, both sides added the file. */
  base?: string | Uint8Array | undefined;
  /** The version whose layout the result has. */
  ours: string | Uint8Array;
  theirs: string | Uint8Array;
}

interface MarkerOptions {
  /** The number of characters of conflict markers. Default: 7, as in Git. */
  markerSize?: number | undefined;
}

/** Options of `merge`. */
export type MergeOptions = SourceOptions &
  OpeningOptions &
  VersionOptions &
  MarkerOptions & {
    /**
     * Keys that the file may be encrypted for, besides those of our side: age public keys, and references such as those of a
     * rule in `.sops.yaml`. A key that only their side has is kept where its data key stays, and is an error
     * (`unknown_recipient`) where the data key would be wrapped for it: anyone who can write to a branch can insert one.
     */
    allowedRecipients?: readonly (AgeRecipient | KeyReference)[] | undefined;
  };

/** Options of `mergeWithoutKey`. */
export type MergeWithoutKeyOptions = SourceOptions &
  VersionOptions &
  MarkerOptions & {
    /** What tells the three versions, such as the hashes of their contents. It becomes part of the file. */
    versions: string;
  };

/** What to take for a conflict: a version, or another value, as in `set`. */
export type Choice =
  | "ours"
  | "theirs"
  | OneOf<{
      /** The value: a single value, a list or an object. */
      value: Data;
      /** The value as JSON. */
      json: string;
    }>;

/** An encrypted file with conflict markers. */
export interface OpenedConflicts extends Pick<OpenedNodes, "conflicts"> {
  /**
   * Puts an end to the conflicts, and returns the encrypted file.
   *
   * @param choices - One for each conflict, in order. Another value than those of the versions is for conflicts about a
   * single value.
   * @throws {SopsError} `invalid_option` if a choice is missing or wrong, has a value for a conflict that is about
   * several, or separates a value from the comment that marks it for encryption; `invalid_value`.
   */
  resolve(choices: readonly Choice[]): ReturnType<OpenedNodes["resolve"]>;
}

/** Options of `openConflicts`. */
export type OpenConflictsOptions = SourceOptions & OpeningOptions;

const isMarkerSize: OptionChecks<MarkerOptions> = {
  markerSize: [
    (value) => Number.isInteger(value) && (value as number) >= 7 && (value as number) <= 1000,
    "a whole number from 7 to 1000",
  ],
};

const versionChecks: OptionChecks<VersionOptions> = {
  // Checked by `withSource`.
  base: isAnything,
  ours: isAnything,
  theirs: isAnything,
};

const checks: OptionChecks<MergeOptions> = {
  ...sourceChecks,
  ...openingChecks,
  ...versionChecks,
  ...isMarkerSize,
  allowedRecipients: [
    (value) => isList(value, (item) => isText(item) || isReference(item)),
    'a list of keys: age public keys ("age1..."), references such as `{ type: "kms", id: "arn:aws:kms:..." }`',
  ],
};

const keylessChecks: OptionChecks<MergeWithoutKeyOptions> = {
  ...sourceChecks,
  ...versionChecks,
  ...isMarkerSize,
  versions: isString,
};

const conflictChecks: OptionChecks<OpenConflictsOptions> = { ...sourceChecks, ...openingChecks };

/** See `on-demand.ts`. */
export async function merge(options: MergeOptions): Promise<Merged> {
  checkArguments("", options, checks);
  const { filename, kinds = [], allowedRecipients = [], markerSize } = options;
  const allowed = allowedRecipients.map((key) => (typeof key === "string" ? { type: "age", id: key.trim() } : key));
  const opening = {
    store: await sourceStore(options),
    ...recovery(options),
    filename,
    markerSize,
    isAllowed: (key: MasterKey) => allowed.some((one) => isSameKey(referenceOf(key), one)),
    wrapperOf(key: MasterKey) {
      const reference = referenceOf(key);
      checkKinds([reference], kinds, "The file");
      return wrapperFor(reference, kinds);
    },
  };
  return withVersions(options, (sources) => mergeWith(sources, opening));
}

/** See `on-demand.ts`. */
export async function mergeWithoutKey(options: MergeWithoutKeyOptions): Promise<MergedWithoutKey> {
  checkArguments("", options, keylessChecks);
  const { filename, markerSize, versions } = options;
  if (/[\r\n]/.test(versions)) throw refuse("`versions` must be a single line.");
  const keyless = { store: await sourceStore(options), filename, markerSize, versions };
  return withVersions(options, (sources) => mergeByCiphertexts(sources, keyless));
}

/** See `on-demand.ts`. */
export async function openConflicts(
  source: string | Uint8Array,
  options: OpenConflictsOptions,
): Promise<OpenedConflicts> {
  checkArguments(source, options, conflictChecks);
  const opening = { store: await sourceStore(options), ...recovery(options), filename: options.filename };
  const opened = await withSource(source, (read) => openWith(read, opening));
  return {
    conflicts: opened.conflicts,
    async resolve(choices) {
      if (!Array.isArray(choices)) throw refuse('The choices must be a list, such as `["ours", "theirs"]`.');
      return opened.resolve(await Promise.all(choices.map(toNode)));
    },
  };
}

/** @throws {SopsError} `invalid_option`, `invalid_value`. */
async function toNode(choice: Choice): Promise<NodeChoice> {
  if (choice === "ours" || choice === "theirs") return choice;
  if (isObject(choice)) {
    const { value, json } = choice as { value?: Data; json?: unknown };
    if (value !== undefined && json === undefined) return { value: fromData(value) };
    if (value === undefined && typeof json === "string") {
      const { parseJsonValue } = await import("@isosops/formats/json");
      return { value: parseJsonValue(json) };
    }
  }
  throw refuse('A choice must be "ours", "theirs", `{ value }` or `{ json }`.');
}

async function withVersions<Result>(
  { base, ours, theirs }: VersionOptions,
  work: (sources: MergeSources) => Promise<Result>,
): Promise<Result> {
  if (ours === undefined || theirs === undefined) {
    throw new SopsError("invalid_option", "`ours` and `theirs` must be the contents of the two versions, encrypted.");
  }
  return withSource(ours, (mine) =>
    withSource(theirs, (other) =>
      base === undefined
        ? work({ ours: mine, theirs: other })
        : withSource(base, (before) => work({ base: before, ours: mine, theirs: other })),
    ),
  );
}
