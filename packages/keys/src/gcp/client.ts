import { type KeyOptions, SopsError } from "@isosops/core";
import { base64 } from "@scure/base";
import { platform } from "#native";
import { checkAccessToken } from "../access-token.js";
import { createCredentialsCache } from "../credentials-cache.js";
import { noAnswer, readBytes, readObject } from "../http/answer.js";
import { checkUrl } from "../http/endpoint.js";
import { type HttpOptions, send } from "../http/send.js";
import { type GcpCredentials, type GcpCredentialsFunction, googleUniverse } from "./credentials.js";
import type { Defaults } from "./defaults/defaults.js";
import { explainFailure } from "./failure.js";
import { checkResourceId } from "./resource-id.js";

/** Options of requests to Cloud KMS. */
export interface GcpOptions extends HttpOptions {
  /**
   * An access token, or a function that returns one. Default, on Node, Deno and Bun: that which sops would find by
   * variables, files and services.
   */
  readonly credentials?: GcpCredentials | GcpCredentialsFunction | undefined;
  /** The URL of Cloud KMS. Default: `https://cloudkms.googleapis.com`. */
  readonly endpoint?: string | undefined;
  /** The domain of a sovereign cloud, such as `s3nsapis.fr`. Its host is `cloudkms.s3nsapis.fr`. */
  readonly universeDomain?: string | undefined;
}

/** Asks Cloud KMS. */
export interface CloudKmsClient {
  /** Returns the ciphertext in base64, as in a file. */
  encrypt(resourceId: string, plaintext: Uint8Array, options?: KeyOptions): Promise<string>;
  decrypt(resourceId: string, ciphertext: Uint8Array, options?: KeyOptions): Promise<Uint8Array>;
}

const service = "Cloud KMS";

/** Creates a client. It keeps the credentials that it finds until they expire. */
export function createCloudKmsClient(options: GcpOptions): CloudKmsClient {
  const { credentials: given, endpoint: givenEndpoint, universeDomain: givenUniverse, ...http } = options;
  const cache = createCredentialsCache<GcpCredentials>();
  let defaults: Promise<Defaults | undefined> | undefined;

  /** The settings of the machine. Read once. */
  function loadDefaults(): Promise<Defaults | undefined> {
    defaults ??= readDefaults();
    return defaults;
  }

  async function universeOf(): Promise<string> {
    const domain = givenUniverse ?? (await loadDefaults())?.universeDomain() ?? googleUniverse;
    if (/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(domain)) return domain;
    throw new SopsError(
      "invalid_option",
      `the universe domain ${JSON.stringify(domain)} is not valid. Give one such as s3nsapis.fr.`,
    );
  }

  async function endpointOf(): Promise<string> {
    const set = givenEndpoint ?? (await loadDefaults())?.endpoint();
    const endpoint = set ?? `https://cloudkms.${await universeOf()}`;
    return checkUrl(endpoint, service, "https://cloudkms.googleapis.com").replace(/\/$/, "");
  }

  async function credentialsOf(signal: AbortSignal | undefined): Promise<GcpCredentials> {
    if (typeof given === "object") return checkAccessToken(given);
    if (typeof given === "function") return checkAccessToken(await given({ signal }));
    const found = await loadDefaults();
    if (found === undefined) {
      throw new SopsError(
        "credentials",
        "no Google Cloud credentials were given, and this runtime has no default. Give `credentials`, such as `{ accessToken }` or `gcpServiceAccount(key)`.",
      );
    }
    return cache.get("", async () => checkAccessToken(await found.credentials({ http, signal })), signal);
  }

  /** A token is not sent to another cloud than its own (google-api-go-client, `internal/creds.go`). */
  async function checkUniverse({ universeDomain, source }: GcpCredentials): Promise<void> {
    const asked = await universeOf();
    if (universeDomain === undefined || universeDomain === asked) return;
    throw new SopsError(
      "credentials",
      `${source ?? "the credentials"} belong to the universe ${universeDomain}, and the request goes to ${asked}. Set SOPS_GCP_KMS_UNIVERSE_DOMAIN, or use other credentials.`,
    );
  }

  async function call(
    operation: "encrypt" | "decrypt",
    resourceId: string,
    request: Readonly<Record<string, string>>,
    { signal }: KeyOptions,
  ): Promise<Record<string, unknown>> {
    checkResourceId(resourceId);
    const credentials = await credentialsOf(signal);
    await checkUniverse(credentials);
    const { accessToken, quotaProject, source } = credentials;
    const url = `${await endpointOf()}/v1/${resourceId}:${operation}`;
    const headers = {
      authorization: `Bearer ${accessToken}`,
      "content-type": "application/json",
      ...(quotaProject === undefined ? {} : { "x-goog-user-project": quotaProject }),
    };
    const body = JSON.stringify(request);
    const answer = await send(() => ({ method: "POST", url, headers, body }), { ...http, signal, service });
    if (answer.status !== 200) {
      throw explainFailure(answer, { service, operation, source }, [accessToken, request.plaintext]);
    }
    const fields = readObject(answer.text);
    if (fields === undefined) throw noAnswer(service);
    return fields;
  }

  return {
    async encrypt(resourceId, plaintext, keyOptions = {}) {
      const { ciphertext } = await call("encrypt", resourceId, { plaintext: base64.encode(plaintext) }, keyOptions);
      if (readBytes(ciphertext) === undefined) throw noAnswer(service);
      return ciphertext as string;
    },
    async decrypt(resourceId, ciphertext, keyOptions = {}) {
      const answer = await call("decrypt", resourceId, { ciphertext: base64.encode(ciphertext) }, keyOptions);
      const plaintext = readBytes(answer.plaintext);
      if (plaintext === undefined) throw noAnswer(service);
      return plaintext;
    },
  };
}

/** Loaded on demand, if credentials or endpoint are not given. Undefined in browsers and Workers. */
async function readDefaults(): Promise<Defaults | undefined> {
  if (platform === undefined) return undefined;
  return (await import("./defaults/defaults.js")).createDefaults(platform);
}
