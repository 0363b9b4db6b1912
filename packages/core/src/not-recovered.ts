/** Loaded on demand, if a file cannot be decrypted, or not be encrypted for its keys. */
import { SopsError } from "./errors.js";
import { referenceOf, withoutUser } from "./key-reference.js";
import type { KeyGroup, KeySource, MasterKey } from "./keysource.js";

/** The most keys that a message lists. */
const mostShown = 20;

/** A failed attempt to recover a data key. */
export interface Recovery {
  readonly keyGroups: readonly KeyGroup[];
  readonly keySources: readonly KeySource[];
  /** The errors of the sources, by key. */
  readonly failures: ReadonlyMap<MasterKey, unknown>;
  /** The number of groups that were decrypted, and the number needed. */
  readonly found: number;
  readonly needed: number;
}

/** The error for a data key that could not be recovered, with what to do. */
export async function notRecovered(recovery: Recovery): Promise<unknown> {
  const { keyGroups, keySources: sources, failures, found, needed } = recovery;
  const errors = [...failures.values()];
  const keys = keyGroups.flat();
  const fault = errors.find((error) => !(error instanceof SopsError));
  if (fault !== undefined) return fault;
  if (errors.length > 0 && keys.length === 1) return errors[0];
  const shares =
    keyGroups.length === 1
      ? ""
      : ` It needs ${needed} of its ${keyGroups.length} key groups, and ${found} ${found === 1 ? "was" : "were"} decrypted.`;
  if (errors.length > 0) {
    const head = `No available key decrypts the file.${shares} Tried:`;
    // A damaged file is damaged even if it also has keys of others.
    const code = errors.every((error) => (error as SopsError).code === "data_key") ? "data_key" : "not_recovered";
    return new SopsError(code, [head, ...(await showTries(recovery))].join("\n"), {
      cause: new AggregateError(errors),
    });
  }
  const names = [...new Set(keys.map(showKey))];
  const more = names.length > mostShown ? ` and ${names.length - mostShown} more` : "";
  const wanted = `The file can be decrypted by: ${names.slice(0, mostShown).join(", ")}${more}.`;
  const unsupported = sayUnsupported(keys, sources);
  const canBeOpened = keyGroups.filter((group) => group.some((key) => isSupported(key, sources))).length;
  if (canBeOpened < needed) return new SopsError("unsupported_key_type", `${wanted}${shares}${unsupported}`);
  const tried = await describeAll(sources);
  if (tried.length === 0) {
    return new SopsError(
      "no_identities",
      `No identity was given to decrypt with. ${wanted}${shares}${unsupported} Give the matching private key.`,
    );
  }
  return new SopsError(
    "no_matching_identity",
    `None of the identities given decrypts the file. ${wanted}${shares}${unsupported} Tried: ${tried.join("; ")}.`,
  );
}

/** The error for several keys that could not be encrypted for. */
export function notWrapped(failures: readonly unknown[]): SopsError {
  const [first] = failures;
  const lines = failures.map((failure) => indent(messageOf(failure), 2));
  return new SopsError(
    first instanceof SopsError ? first.code : "service",
    [
      `The data key could not be encrypted for ${failures.length} of the keys, so nothing was encrypted:`,
      ...lines,
    ].join("\n"),
    { cause: new AggregateError(failures) },
  );
}

/** One line per key, below one for its key group if there are several. */
async function showTries({ keyGroups, keySources, failures }: Recovery): Promise<string[]> {
  const lines: string[] = [];
  let listed = 0;
  for (const [index, group] of keyGroups.entries()) {
    if (keyGroups.length > 1) lines.push(`  key group ${index + 1}:`);
    for (const key of group) {
      if (++listed > mostShown) continue;
      lines.push(indent(await showTry(key, keySources, failures), keyGroups.length > 1 ? 4 : 2));
    }
  }
  if (listed > mostShown) lines.push(`  and ${listed - mostShown} more`);
  return lines;
}

async function showTry(
  key: MasterKey,
  sources: readonly KeySource[],
  failures: ReadonlyMap<MasterKey, unknown>,
): Promise<string> {
  const name = showKey(key);
  if (failures.has(key)) {
    const message = messageOf(failures.get(key));
    // Messages name an ARN without the role.
    const id = (idOf(key) ?? name).split("+arn:", 1)[0]!;
    return message.includes(id) ? message : `${name}: ${message}`;
  }
  const own = sources.filter(({ type }) => type === key.type);
  if (own.length === 0) return `${name}: keys of the type ${key.type} are not supported here.`;
  const tried = await describeAll(own);
  if (tried.length === 0) return `${name}: no identity was given for it.`;
  return `${name}: not decrypted by ${tried.join("; ")}.`;
}

async function describeAll(sources: readonly KeySource[]): Promise<string[]> {
  const texts = await Promise.all(sources.map((source) => source.describe()));
  return texts.filter((text) => text !== "");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown error";
}

function indent(text: string, spaces: number): string {
  return text
    .split("\n")
    .map((line, index) => " ".repeat(index === 0 ? spaces : spaces + 2) + line)
    .join("\n");
}

function isSupported({ type }: MasterKey, sources: readonly KeySource[]): boolean {
  return sources.some((source) => source.type === type);
}

/**
 * Names key types without a source, and says what to do, with a leading space. Returns "" if every type has a source.
 */
export function sayUnsupported(keys: readonly MasterKey[], sources: readonly KeySource[]): string {
  const types = [...new Set(keys.filter((key) => !isSupported(key, sources)).map(({ type }) => type))];
  if (types.length === 0) return "";
  const named = types.length === 1 ? `the type ${types[0]}` : `the types ${types.join(", ")}`;
  const taken = [...new Set(sources.map(({ type }) => type))].join(", ");
  const here = `Keys of ${named} are not supported here${taken === "" ? "" : `, those of ${taken} are`}.`;
  const add =
    taken === "age" ? ", or add an age recipient with it: `sops rotate --in-place --add-age age1... FILE`" : "";
  return ` ${here} Decrypt the file with sops${add}.`;
}

/** Names a master key by its public identifier: recipient, fingerprint, ARN, ... */
function showKey(key: MasterKey): string {
  const id = idOf(key);
  if (id === undefined) return `a key of type ${key.type}`;
  return key.type === "age" ? id : `${key.type} ${id}`;
}

/** The public identifier, undefined if the key has none. */
function idOf(key: MasterKey): string | undefined {
  return withoutUser(referenceOf(key).id) || undefined;
}
