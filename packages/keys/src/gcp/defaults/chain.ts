import { SopsError } from "@isosops/core";
import { homePath } from "../../native/home-path.js";
import type { Platform } from "../../native/platform.js";
import type { GcpCredentials } from "../credentials.js";
import { fileCredentials } from "./credentials-file.js";
import type { DefaultsRequest } from "./defaults.js";
import { metadataCredentials } from "./metadata-server.js";

/** A search for credentials on a machine. */
export interface Search extends DefaultsRequest {
  readonly platform: Platform;
}

/**
 * Finds credentials where sops does: in `GOOGLE_CREDENTIALS`; else the token in `GOOGLE_OAUTH_ACCESS_TOKEN`
 * (gcpkms/keysource.go, `newKMSClient`); else the application default credentials: the file of
 * `GOOGLE_APPLICATION_CREDENTIALS`, that of gcloud, the metadata server (google-cloud-go, `auth/credentials/detect.go`).
 *
 * @throws {SopsError} `credentials` if there are none, and what a service reported.
 */
export async function findCredentials(search: Search): Promise<GcpCredentials> {
  const { platform } = search;
  const { env } = platform;
  const own = env("GOOGLE_CREDENTIALS");
  if (own) {
    const isText = own.trimStart().startsWith("{");
    return isText
      ? fileCredentials(search, own, "the variable GOOGLE_CREDENTIALS")
      : namedFile(search, own, "GOOGLE_CREDENTIALS");
  }
  const token = env("GOOGLE_OAUTH_ACCESS_TOKEN");
  if (token) return { accessToken: token, source: "the variable GOOGLE_OAUTH_ACCESS_TOKEN" };
  const named = env("GOOGLE_APPLICATION_CREDENTIALS");
  if (named) return namedFile(search, named, "GOOGLE_APPLICATION_CREDENTIALS");
  const path = gcloudPath(platform);
  const text = path === undefined ? undefined : await readFile(platform, path);
  if (path !== undefined && text !== undefined) return fileCredentials(search, text, path);
  return (await metadataCredentials(search)) ?? nowhere(path);
}

async function namedFile(search: Search, path: string, variable: string): Promise<GcpCredentials> {
  const text = await readFile(search.platform, path);
  if (text !== undefined) return fileCredentials(search, text, path);
  // The value may be a secret in the wrong variable.
  throw new SopsError(
    "credentials",
    `the variable ${variable} names no file that can be read. Set it to the path of a credentials file.`,
  );
}

/** Undefined if there is none, or it cannot be read. */
async function readFile(platform: Platform, path: string): Promise<string | undefined> {
  return platform.readFile(path).catch(() => undefined);
}

/** Where `gcloud auth application-default login` writes (google-cloud-go, `auth/internal/credsfile`). */
function gcloudPath(platform: Platform): string | undefined {
  const file = "application_default_credentials.json";
  const windows = platform.env("APPDATA");
  return windows ? platform.joinPath(windows, "gcloud", file) : homePath(platform, ".config", "gcloud", file);
}

function nowhere(path = "the file of gcloud"): never {
  throw new SopsError(
    "credentials",
    `no Google Cloud credentials were found: not in the variables (GOOGLE_CREDENTIALS, GOOGLE_OAUTH_ACCESS_TOKEN, GOOGLE_APPLICATION_CREDENTIALS), not in ${path}, and not from a metadata server. Use \`gcloud auth application-default login\`, or set one of them.`,
  );
}
