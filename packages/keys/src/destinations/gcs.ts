import { SopsError } from "@isosops/core";
import { platform } from "#native";
import { checkAccessToken } from "../access-token.js";
import { createDefaults } from "../gcp/defaults/defaults.js";
import { readObject } from "../http/answer.js";
import { busy, rejected } from "../http/explain.js";
import { quoted, said } from "../http/said.js";
import { failure, type HttpAnswer, type HttpOptions, send } from "../http/send.js";
import { checkBucket, type Destination, encodePart, encodePath } from "./object-name.js";

const service = "Google Cloud Storage";

/**
 * An object of Google Cloud Storage, written with the credentials of this machine (publish/gcs.go). `STORAGE_EMULATOR_HOST`
 * names another server, which gets no credentials, as in Google's library for Go.
 *
 * @throws {SopsError} `invalid_option` if bucket or name are not usable
 */
export function gcsDestination(bucket: string, name: string, http: HttpOptions = {}): Destination {
  checkBucket(bucket, "gcs_bucket");
  encodePath(name);
  return {
    url: `gcs://${bucket}/${name}`,
    async put(content) {
      if (platform === undefined) throw new SopsError("unsupported", "Files are published on Node, Deno and Bun.");
      const emulator = platform.env("STORAGE_EMULATOR_HOST");
      const credentials = emulator
        ? undefined
        : checkAccessToken(await createDefaults(platform).credentials({ http, signal: undefined }));
      const host = emulator
        ? `${/^https?:\/\//.test(emulator) ? "" : "http://"}${emulator}`.replace(/\/$/, "")
        : "https://storage.googleapis.com";
      const url = `${host}/upload/storage/v1/b/${encodePart(bucket)}/o?uploadType=media&name=${encodePart(name)}`;
      const headers = {
        "content-type": "application/octet-stream",
        ...(credentials === undefined ? {} : { authorization: `Bearer ${credentials.accessToken}` }),
        ...(credentials?.quotaProject === undefined ? {} : { "x-goog-user-project": credentials.quotaProject }),
      };
      const request = () => ({ method: "POST", url, headers, body: content }) as const;
      const answer = await send(request, { timeout: 60_000, ...http, service });
      if (answer.status !== 200)
        throw explain(answer, { bucket, name, source: credentials?.source }, credentials?.accessToken);
    },
  };
}

function explain(
  { status, text }: HttpAnswer,
  { bucket, name, source = "this machine" }: { bucket: string; name: string; source: string | undefined },
  token: string | undefined,
): SopsError {
  const { message } = (readObject(text)?.error ?? {}) as { message?: unknown };
  const told = quoted(`HTTP status ${status}`, said(typeof message === "string" ? message : "", [token]));
  if (status === 401)
    return failure("credentials", `${service} rejected the token from ${source} (${told})`, "Get a new one");
  if (status === 403) {
    return failure(
      "permission",
      `${service} does not allow the credentials from ${source} to write the object ${name} of the bucket ${bucket} (${told})`,
      "Grant the role Storage Object Admin, or another with `storage.objects.create`",
    );
  }
  if (status === 404)
    return failure("key_not_found", `${service} has no bucket ${bucket} (${told})`, "Check `gcs_bucket`");
  return status === 429 || status >= 500 ? busy(service, told) : rejected(service, told);
}
