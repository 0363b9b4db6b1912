import type { KeyReference, MasterKey } from "./keysource.js";

/**
 * Names a master key of a file, as a rule in `.sops.yaml` would.
 *
 * @returns A reference with the `id` "" if the fields of the key are missing.
 */
export function referenceOf({ type, fields }: MasterKey): KeyReference {
  const field = (name: string): string => {
    const value = fields.get(name);
    return typeof value === "string" ? value.trim() : "";
  };
  /** Joins fields with what stands before each, and returns "" if the first is missing. */
  const join = (first: string, ...others: [before: string, name: string][]): string => {
    const rest = others.map(([before, name]) => (field(name) === "" ? "" : before + field(name)));
    return field(first) === "" ? "" : field(first) + rest.join("");
  };
  switch (type) {
    case "age":
      return { type, id: field("recipient") };
    case "pgp":
      return { type, id: field("fp") };
    case "kms":
      return { type, id: join("arn", ["+", "role"]), ...kmsSettings(fields) };
    case "gcp_kms":
      return { type, id: field("resource_id") };
    case "azure_kv":
      return { type, id: join("vault_url", ["/keys/", "name"], ["/", "version"]) };
    case "hc_vault":
      return { type, id: join("vault_address", ["/v1/", "engine_path"], ["/keys/", "key_name"]) };
    default:
      return { type, id: field("key_id") };
  }
}

function kmsSettings(fields: MasterKey["fields"]): Pick<KeyReference, "context" | "awsProfile"> {
  const context = fields.get("context");
  const awsProfile = fields.get("aws_profile");
  // sops drops null.
  const entries = context instanceof Map ? [...context].filter(([, value]) => value !== null) : [];
  return {
    ...(entries.length === 0
      ? {}
      : { context: Object.fromEntries(entries.map(([key, value]) => [key, String(value)])) }),
    ...(typeof awsProfile === "string" && awsProfile !== "" ? { awsProfile } : {}),
  };
}

/**
 * The ID of a key without the user name and the password in its URL, for messages. No key needs them, but they may be in a
 * rule or a file by mistake.
 */
export function withoutUser(id: string): string {
  // A password may have a slash that should have been escaped. A number before the first slash is a port.
  return id.replace(/^(\s*[\w+.-]*:[\\/]+)(?:[^\\/]*@|(?!\[)[^\\/:]*:(?!\d{1,5}(?:[\\/]|$)).*@)/, "$1***@");
}

/**
 * The name of a key in the messages of sops: the ID, and for `kms` also the encryption context and the profile, between
 * bars (the `ToString` methods in sops). A user name and a password in a URL are left out.
 */
export function keyName({ id: whole, context = {}, awsProfile = "" }: KeyReference): string {
  const id = withoutUser(whole);
  const joined = sorted(context)
    .map(([name, value]) => `${name}:${value}`)
    .join(",");
  if (awsProfile !== "") return `${id}|${joined}|${awsProfile}`;
  return joined === "" ? id : `${id}|${joined}`;
}

/**
 * Tells whether two references name the same key. A wanted Azure key without a version matches every version: sops
 * writes the newest into the file.
 */
export function isSameKey(key: KeyReference, wanted: KeyReference): boolean {
  return keyFinder([wanted])(key) !== undefined;
}

/** Returns a function that finds a key among those wanted, as {@link isSameKey} compares them. */
export function keyFinder<Wanted extends KeyReference>(
  wanted: readonly Wanted[],
): (key: KeyReference) => Wanted | undefined {
  const byName = new Map(wanted.map((key) => [uniqueName(key), key]));
  return (key) =>
    byName.get(uniqueName(key)) ?? (key.type === "azure_kv" ? byName.get(uniqueName(withoutVersion(key))) : undefined);
}

/** Drops the repetitions of keys. */
export function distinctKeys<Reference extends KeyReference>(keys: readonly Reference[]): Reference[] {
  const seen = new Set<string>();
  return keys.filter((key) => {
    const name = uniqueName(key);
    return seen.has(name) ? false : seen.add(name);
  });
}

/** The same for different spellings of a key, and different for different keys. */
function uniqueName({ type, id, context = {}, awsProfile = "" }: KeyReference): string {
  return JSON.stringify([type, normalizeId(type, id), sorted(context), awsProfile]);
}

function sorted(context: Readonly<Record<string, string>>): [name: string, value: string][] {
  return Object.entries(context).sort(([one], [other]) => (one < other ? -1 : 1));
}

function withoutVersion(key: KeyReference): KeyReference {
  return { ...key, id: key.id.replace(/(\/keys\/[^/]+)\/[^/]+$/, "$1") };
}

function normalizeId(type: string, id: string): string {
  switch (type) {
    case "pgp":
      return id.replace(/\s/g, "").replace(/^0x/i, "").toUpperCase();
    case "azure_kv":
      // The URL of a vault may end with a slash, in a rule and in a file.
      return id.replace(/^(\w+:\/\/[^/]+)\/+keys\//, "$1/keys/").replace(/\/$/, "");
    case "hc_vault": {
      // The last part but one may be `keys`, `encrypt` or another (hcvault/keysource.go, `engineAndKeyFromPath`).
      const parts = /^(\w+:\/\/[^/]+)\/+v\d+\/(.+)\/[^/]+\/([^/]+)\/?$/.exec(id);
      return parts === null ? id : `${parts[1]}/v1/${parts[2]}/keys/${parts[3]}`;
    }
    case "kms":
    case "gcp_kms":
      return id.replaceAll(" ", "");
    default:
      return id.trim();
  }
}
