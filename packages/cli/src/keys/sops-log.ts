/** What `sops --verbose` prints on stderr, in its lines, which programs look for. */
import type { MasterKey } from "isosops";
import { say } from "../terminal/messages.js";
import { printable } from "../terminal/printable.js";

/** A type of keys in the log of sops: the logger's name, how it succeeds, and the fields of the key. */
interface LogEntry {
  readonly logger: string;
  readonly success?: string;
  fields?(field: (name: string) => string): Readonly<Record<string, string>>;
}

const entries: Readonly<Record<string, LogEntry>> = {
  age: { logger: "AGE", fields: (field) => ({ recipient: field("recipient") }) },
  pgp: { logger: "PGP", fields: (field) => ({ fingerprint: field("fp") }) },
  kms: { logger: "AWSKMS", fields: (field) => ({ arn: field("arn") }) },
  gcp_kms: { logger: "GCPKMS", fields: (field) => ({ resourceID: field("resource_id") }) },
  azure_kv: { logger: "AZKV", fields: (field) => ({ key: field("name"), version: field("version") }) },
  hc_vault: {
    logger: "VAULT_TRANSIT",
    success: "successful",
    fields: (field) => ({ Path: `${field("engine_path")}/${field("operation")}/${field("key_name")}` }),
  },
  hckms: { logger: "HCKMS", fields: (field) => ({ keyID: field("key_id") }) },
};

/** The data key has been recovered by these keys (sops.go, `GetDataKeyWithKeyServices`, and the keys' `Decrypt`). */
export function sayRecovered(keys: readonly MasterKey[]): void {
  // Of age, sops tells the recipient only when it encrypts.
  for (const key of keys) sayDone("decrypt", key, key.type === "age" ? {} : undefined);
  log("SOPS", "Data key recovered successfully");
  log("SOPS", "Decrypting tree", { level: "debug" });
}

/** A data key has been encrypted for these keys (the keys' `Encrypt`). */
export function sayEncrypted(keys: readonly MasterKey[]): void {
  for (const key of keys) sayDone("encrypt", key);
}

/** The result is in the file that was read (cmd/sops/main.go). */
export function sayWritten(): void {
  log("CMD", "File written successfully");
}

function sayDone(
  operation: "encrypt" | "decrypt",
  { type, fields }: MasterKey,
  shown?: Readonly<Record<string, string>>,
): void {
  const entry = entries[type];
  if (entry === undefined) return;
  const field = (name: string): string => (name === "operation" ? operation : String(fields.get(name) ?? ""));
  const what = operation === "encrypt" ? "Encryption" : "Decryption";
  log(entry.logger, `${what} ${entry.success ?? "succeeded"}`, { fields: shown ?? entry.fields?.(field) });
}

interface LineOptions {
  readonly level?: string;
  readonly fields?: Readonly<Record<string, string>> | undefined;
}

/** A line as logrus writes it to what is not a terminal. */
function log(logger: string, message: string, { level = "info", fields = {} }: LineOptions = {}): void {
  const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${quoteIfNeeded(printable(value))}`);
  say(`[${logger}]\t time="${time}" level=${level} msg="${message}"${rest.join("")}`);
}

/** As logrus quotes a value (text_formatter.go, `needsQuoting`). */
function quoteIfNeeded(value: string): string {
  return /^[\w.\-/@^+]+$/.test(value) ? value : JSON.stringify(value);
}
