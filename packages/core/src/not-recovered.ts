/** Loaded where a file cannot be opened. */
import { SopsError } from "./errors.js";
import type { KeySource, MasterKey } from "./keysource.js";
import type { Metadata } from "./metadata.js";

/** Of the keys of a file. */
const mostShown = 20;

/** Why a data key could not be recovered, and what to do. */
export function notRecovered(
  metadata: Metadata,
  sources: readonly KeySource[],
  found: number,
  needed: number,
): SopsError {
  const keys = metadata.keyGroups.flat();
  const names = [...new Set(keys.map(showKey))];
  const more = names.length > mostShown ? ` and ${names.length - mostShown} more` : "";
  const wanted = `The file can be opened by: ${names.slice(0, mostShown).join(", ")}${more}.`;
  const shares =
    metadata.keyGroups.length === 1
      ? ""
      : ` It needs ${needed} of its ${metadata.keyGroups.length} key groups, and ${found} ${found === 1 ? "was" : "were"} opened.`;
  const unsupported = sayUnsupported(keys, sources);
  const canBeOpened = metadata.keyGroups.filter((group) => group.some((key) => isSupported(key, sources))).length;
  if (canBeOpened < needed) return new SopsError("unsupported_key_type", `${wanted}${shares}${unsupported}`);
  const tried = sources.map((source) => source.describe()).filter((text) => text !== "");
  if (tried.length === 0) {
    return new SopsError(
      "no_identities",
      `No identity was given to decrypt with. ${wanted}${shares}${unsupported} Give the matching private key.`,
    );
  }
  return new SopsError(
    "no_matching_identity",
    `None of the identities given opens the file. ${wanted}${shares}${unsupported} Tried: ${tried.join("; ")}.`,
  );
}

function isSupported({ type }: MasterKey, sources: readonly KeySource[]): boolean {
  return sources.some((source) => source.type === type);
}

/** Which types of keys no source is for, and what to do, with a space in front; "" where there is a source for all. */
export function sayUnsupported(keys: readonly MasterKey[], sources: readonly KeySource[]): string {
  const types = [...new Set(keys.filter((key) => !isSupported(key, sources)).map(({ type }) => type))];
  if (types.length === 0) return "";
  const named = types.length === 1 ? `the type ${types[0]}` : `the types ${types.join(", ")}`;
  const taken = [...new Set(sources.map(({ type }) => type))].join(", ");
  const here = `Keys of ${named} are not supported here${taken === "" ? "" : `, those of ${taken} are`}.`;
  const add =
    taken === "age" ? ", or add an age recipient with it: `sops rotate --in-place --add-age age1... FILE`" : "";
  return ` ${here} Open the file with sops${add}.`;
}

/** A master key by what names it in public: its recipient, fingerprint, ARN, ... */
function showKey({ type, fields }: MasterKey): string {
  const field = (name: string): string => String(fields.get(name) ?? "");
  for (const name of ["recipient", "fp", "arn", "resource_id", "key_id"]) {
    if (typeof fields.get(name) === "string") return type === "age" ? field(name) : `${type} ${field(name)}`;
  }
  if (fields.has("vault_url")) return `${type} ${field("vault_url")}/keys/${field("name")}`;
  if (fields.has("vault_address")) {
    return `${type} ${field("vault_address")}/v1/${field("engine_path")}/keys/${field("key_name")}`;
  }
  return `a key of type ${type}`;
}
