import { type KeyOptions, SopsError } from "@isosops/core";
import { base64 } from "@scure/base";
import { platform } from "#native";
import { createCredentialsCache } from "../credentials-cache.js";
import { noAnswer, readBytes, readObject } from "../http/answer.js";
import { checkUrl } from "../http/endpoint.js";
import type { HttpOptions } from "../http/send.js";
import { callHuawei } from "./call.js";
import { checkCredentials, type HuaweiCredentials, type HuaweiCredentialsFunction } from "./credentials.js";
import type { Defaults } from "./defaults/defaults.js";
import { standardEndpoint } from "./endpoint.js";
import type { HuaweiKey } from "./key-id.js";
import { findProject } from "./project.js";

/** Options of requests to HuaweiCloud. */
export interface HuaweiOptions extends HttpOptions {
  /**
   * The access key, or a function that finds it. Default on Node, Deno and Bun: it is looked for where sops looks, in variables,
   * files and services.
   */
  readonly credentials?: HuaweiCredentials | HuaweiCredentialsFunction | undefined;
  /** The URL of a service, or a function that returns it. Undefined: that of HuaweiCloud. */
  readonly endpoint?: string | ((service: "kms" | "iam", region: string) => string | undefined) | undefined;
}

/** A client of HuaweiCloud KMS. */
export interface HuaweiKmsClient {
  /** Returns the ciphertext in base64, as it is written in a file. */
  encrypt(key: HuaweiKey, plaintext: Uint8Array, options?: KeyOptions): Promise<string>;
  decrypt(key: HuaweiKey, ciphertext: string, options?: KeyOptions): Promise<Uint8Array>;
}

const service = "HuaweiCloud KMS";

/** Creates a client that caches the projects, and credentials until they expire. */
export function createHuaweiKmsClient(options: HuaweiOptions): HuaweiKmsClient {
  const { credentials: given, endpoint: givenEndpoint, ...http } = options;
  const cache = createCredentialsCache<HuaweiCredentials>();
  /** By region and access key. */
  const projects = new Map<string, string>();
  let defaults: Promise<Defaults | undefined> | undefined;

  /** Reads the settings of the machine, once. */
  function loadDefaults(): Promise<Defaults | undefined> {
    defaults ??= readDefaults();
    return defaults;
  }

  async function endpointOf(asked: "kms" | "iam", region: string): Promise<string> {
    const wanted = typeof givenEndpoint === "function" ? givenEndpoint(asked, region) : givenEndpoint;
    const set = wanted ?? (await (await loadDefaults())?.endpoint(asked, region));
    if (set === undefined) return standardEndpoint(asked, region);
    return checkUrl(set, "HuaweiCloud", "https://kms.cn-north-4.myhuaweicloud.com").replace(/\/$/, "");
  }

  async function credentialsOf(region: string, signal: AbortSignal | undefined): Promise<HuaweiCredentials> {
    if (typeof given === "object") return checkCredentials(given);
    if (typeof given === "function") return checkCredentials(await given({ region, signal }));
    const found = await loadDefaults();
    if (found === undefined) {
      throw new SopsError(
        "credentials",
        "no HuaweiCloud credentials were given, and this runtime has none of its own. Give `credentials`, such as `{ accessKey, secretKey, projectId }`.",
      );
    }
    const find = async () => checkCredentials(await found.credentials({ http, signal }));
    return cache.get("", find, signal);
  }

  async function projectOf(
    region: string,
    credentials: HuaweiCredentials,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const { accessKey, projectId } = credentials;
    if (projectId !== undefined && projectId !== "") return projectId;
    const name = `${region} ${accessKey}`;
    const known = projects.get(name);
    if (known !== undefined) return known;
    const endpoint = await endpointOf("iam", region);
    const project = await findProject({ endpoint, region, credentials, http, signal });
    projects.set(name, project);
    return project;
  }

  async function call(
    operation: "encrypt" | "decrypt",
    { region, keyId }: HuaweiKey,
    request: Readonly<Record<string, string>>,
    { signal }: KeyOptions,
  ): Promise<Record<string, unknown>> {
    const credentials = await credentialsOf(region, signal);
    const projectId = await projectOf(region, credentials, signal);
    if (!/^[\w-]{1,64}$/.test(projectId)) {
      throw new SopsError(
        "invalid_option",
        "the project ID set for HuaweiCloud is not one. Set it to the ID of the project of the region.",
      );
    }
    const text = await callHuawei({
      asked: { service, operation, source: credentials.source },
      method: "POST",
      url: `${await endpointOf("kms", region)}/v1.0/${projectId}/kms/${operation}-data`,
      projectId,
      body: JSON.stringify({ ...request, encryption_algorithm: "SYMMETRIC_DEFAULT", key_id: keyId }),
      credentials,
      secrets: request.plain_text === undefined ? [] : [request.plain_text],
      http,
      signal,
    });
    return readObject(text) ?? {};
  }

  return {
    async encrypt(key, plaintext, keyOptions = {}) {
      const answer = await call("encrypt", key, { plain_text: base64.encode(plaintext) }, keyOptions);
      const { cipher_text: ciphertext } = answer;
      if (typeof ciphertext !== "string" || ciphertext === "") throw noAnswer(service);
      return ciphertext;
    },
    async decrypt(key, ciphertext, keyOptions = {}) {
      const answer = await call("decrypt", key, { cipher_text: ciphertext }, keyOptions);
      // The plaintext is text: sops encrypts the data key in base64.
      const plaintext = readBytes(answer.plain_text);
      if (plaintext === undefined) throw noAnswer(service);
      return plaintext;
    },
  };
}

/** Loads the settings on demand. Browsers and Workers have none. */
async function readDefaults(): Promise<Defaults | undefined> {
  if (platform === undefined) return undefined;
  return (await import("./defaults/defaults.js")).createDefaults(platform);
}
