import { SopsError } from "@isosops/core";
import type { Platform } from "../../native/platform.js";
import type { TlsSettings } from "../../native/tls-settings.js";

/**
 * The certificates that are set for Vault; undefined if none are. A file of authorities comes before their text, and both
 * replace those of the system, as in sops (go-rootcerts, `LoadCACerts`).
 *
 * @throws {SopsError} `invalid_option`
 */
export async function readTlsSettings(platform: Platform): Promise<TlsSettings | undefined> {
  const { env } = platform;
  const path = env("VAULT_CACERT");
  const certificate = env("VAULT_CLIENT_CERT");
  const key = env("VAULT_CLIENT_KEY");
  const settings: TlsSettings = {
    ca: path ? await readPem(platform, "VAULT_CACERT", path) : env("VAULT_CACERT_BYTES") || undefined,
    cert: certificate ? await readPem(platform, "VAULT_CLIENT_CERT", certificate) : undefined,
    key: key ? await readPem(platform, "VAULT_CLIENT_KEY", key) : undefined,
    servername: env("VAULT_TLS_SERVER_NAME") || undefined,
    rejectUnauthorized: isSet("VAULT_SKIP_VERIFY", env("VAULT_SKIP_VERIFY")) ? false : undefined,
  };
  if ((settings.cert === undefined) !== (settings.key === undefined)) {
    throw new SopsError("invalid_option", "VAULT_CLIENT_CERT and VAULT_CLIENT_KEY must be set together.");
  }
  if (settings.ca === undefined && env("VAULT_CAPATH")) {
    throw new SopsError(
      "invalid_option",
      "VAULT_CAPATH is not read here. Set VAULT_CACERT to a file of the authorities, for example with `cat FOLDER/*.pem`.",
    );
  }
  return Object.values(settings).some((value) => value !== undefined) ? settings : undefined;
}

async function readPem(platform: Platform, variable: string, path: string): Promise<string> {
  const text = await platform.readFile(path).catch(() => undefined);
  if (text?.includes("-----BEGIN ")) return text;
  throw new SopsError("invalid_option", `the variable ${variable} names no PEM file that can be read.`);
}

/** As Go reads it (`strconv.ParseBool`). */
function isSet(variable: string, text: string | undefined): boolean {
  if (!text || /^(?:0|f|F|false|False|FALSE)$/.test(text)) return false;
  if (/^(?:1|t|T|true|True|TRUE)$/.test(text)) return true;
  throw new SopsError("invalid_option", `the variable ${variable} must be true or false.`);
}
