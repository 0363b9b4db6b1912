import type { MasterKey } from "isosops";
import { say } from "../terminal/messages.js";
import { printable } from "../terminal/printable.js";

/** A type of keys in the log of sops: the logger's name, the message, and the fields of the key. */
interface LogEntry {
  readonly logger: string;
  readonly message?: string;
  fields?(field: (name: string) => string): Readonly<Record<string, string>>;
}

const entries: Readonly<Record<string, LogEntry>> = {
  age: { logger: "AGE" },
  pgp: { logger: "PGP", fields: (field) => ({ fingerprint: field("fp") }) },
  kms: { logger: "AWSKMS", fields: (field) => ({ arn: field("arn") }) },
  gcp_kms: { logger: "GCPKMS", fields: (field) => ({ resourceID: field("resource_id") }) },
  azure_kv: { logger: "AZKV", fields: (field) => ({ key: field("name"), version: field("version") }) },
  hc_vault: {
    logger: "VAULT_TRANSIT",
    message: "Decryption successful",
    fields: (field) => ({ Path: `${field("engine_path")}/decrypt/${field("key_name")}` }),
  },
  hckms: { logger: "HCKMS", fields: (field) => ({ keyID: field("key_id") }) },
};

/**
 * Print on stderr that the data key has been recovered, in the lines of `sops --verbose`, which programs look for
 * (sops.go, `GetDataKeyWithKeyServices`, and the `Decrypt` methods of the keys).
 */
export function sayRecovered(keys: readonly MasterKey[]): void {
  for (const { type, fields } of keys) {
    const entry = entries[type];
    if (entry === undefined) continue;
    const field = (name: string): string => String(fields.get(name) ?? "");
    log(entry.logger, entry.message ?? "Decryption succeeded", entry.fields?.(field));
  }
  log("SOPS", "Data key recovered successfully");
}

/** A line as logrus writes it to what is not a terminal. */
function log(logger: string, message: string, fields: Readonly<Record<string, string>> = {}): void {
  const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${quoteIfNeeded(printable(value))}`);
  say(`[${logger}]\t time="${time}" level=info msg="${message}"${rest.join("")}`);
}

/** As logrus quotes a value (text_formatter.go, `needsQuoting`). */
function quoteIfNeeded(value: string): string {
  return /^[\w.\-/@^+]+$/.test(value) ? value : JSON.stringify(value);
}
