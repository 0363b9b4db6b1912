import { type KeyOptions, SopsError } from "@isosops/core";
import { base64 } from "@scure/base";
import { platform } from "#native";
import { createCredentialsCache } from "../credentials-cache.js";
import { noAnswer, readBytes, readObject } from "../http/answer.js";
import { checkUrl } from "../http/endpoint.js";
import type { HttpOptions } from "../http/send.js";
import { type KeyArn, parseArn } from "./arn.js";
import { callAws } from "./call.js";
import { type AwsCredentials, type AwsCredentialsFunction, checkCredentials } from "./credentials.js";
import type { Defaults } from "./defaults/defaults.js";
import { type AwsService, standardEndpoint } from "./endpoint.js";
import { assumeRole } from "./sts.js";

/** Options of requests to AWS. */
export interface AwsOptions extends HttpOptions {
  /**
   * Credentials, or a function that returns them. Default, on Node, Deno and Bun: those that sops would find in variables,
   * files and services.
   */
  readonly credentials?: AwsCredentials | AwsCredentialsFunction | undefined;
  /** The URL of a service, or a function that returns it, undefined for the default. Default: that of AWS. */
  readonly endpoint?: string | ((service: "kms" | "sts", region: string) => string | undefined) | undefined;
}

/** A key, and the role and profile to use it with. */
export interface KmsKey {
  readonly arn: string;
  /** The ARN of a role that is assumed first, "" for none. */
  readonly role: string;
  /** A profile of the configuration of AWS, "" for none. */
  readonly profile: string;
  /** The encryption context, undefined for none. */
  readonly context: Readonly<Record<string, string>> | undefined;
}

/** Asks AWS KMS. */
export interface KmsClient {
  /** Returns the ciphertext in base64, as in a file. */
  encrypt(key: KmsKey, plaintext: Uint8Array, options?: KeyOptions): Promise<string>;
  decrypt(key: KmsKey, ciphertext: Uint8Array, options?: KeyOptions): Promise<Uint8Array>;
}

/** Creates a client. It keeps the credentials that it finds until they expire. */
export function createKmsClient(options: AwsOptions): KmsClient {
  const { credentials: given, endpoint: givenEndpoint, ...http } = options;
  const cache = createCredentialsCache<AwsCredentials>();
  let defaults: Promise<Defaults | undefined> | undefined;

  /** The settings of the machine. Read once. */
  function loadDefaults(): Promise<Defaults | undefined> {
    defaults ??= readDefaults();
    return defaults;
  }

  async function endpointOf(service: AwsService & ("kms" | "sts"), key: KeyArn, profile: string): Promise<string> {
    const wanted = typeof givenEndpoint === "function" ? givenEndpoint(service, key.region) : givenEndpoint;
    if (wanted !== undefined) return checkUrl(wanted, "AWS", example);
    const found = await (await loadDefaults())?.endpoint(service, key, profile);
    return found === undefined ? standardEndpoint(service, key) : checkUrl(found, "AWS", example);
  }

  async function ownCredentials(
    key: KeyArn,
    profile: string,
    signal: AbortSignal | undefined,
  ): Promise<AwsCredentials> {
    const { region } = key;
    if (typeof given === "object") return checkCredentials(given);
    if (typeof given === "function") {
      return checkCredentials(await given({ ...(profile === "" ? {} : { profile }), region, signal }));
    }
    const found = await loadDefaults();
    if (found === undefined) {
      throw new SopsError(
        "credentials",
        "no AWS credentials were given, and this runtime has no default. Give `credentials`, such as `{ accessKeyId, secretAccessKey }`.",
      );
    }
    const stsEndpoint = () => endpointOf("sts", key, profile);
    const find = () => found.credentials({ key, profile, stsEndpoint, http, signal });
    return cache.get(JSON.stringify([profile, region]), find, signal);
  }

  async function credentialsOf({ role, profile }: KmsKey, key: KeyArn, signal: AbortSignal | undefined) {
    const own = await ownCredentials(key, profile, signal);
    if (role === "") return own;
    const { region } = key;
    const find = async () => {
      const endpoint = await endpointOf("sts", key, profile);
      return assumeRole(own, { role, sessionName: sessionName() }, { endpoint, region, http, signal });
    };
    return cache.get(JSON.stringify([profile, region, role, own.accessKeyId]), find, signal);
  }

  async function call(
    operation: "Encrypt" | "Decrypt",
    key: KmsKey,
    request: Readonly<Record<string, unknown>>,
    { signal }: KeyOptions,
  ): Promise<Record<string, unknown>> {
    const arn = parseArn(key.arn);
    const credentials = await credentialsOf(key, arn, signal);
    const { context } = key;
    const body = {
      KeyId: key.arn,
      ...request,
      ...(context === undefined || Object.keys(context).length === 0 ? {} : { EncryptionContext: context }),
    };
    const text = await callAws({
      asked: {
        service,
        wish: operation === "Encrypt" ? "encrypt with this key" : "decrypt with this key",
        action: `kms:${operation}`,
        target: "the key",
        region: arn.region,
        source: credentials.source,
      },
      endpoint: `${(await endpointOf("kms", arn, key.profile)).replace(/\/$/, "")}/`,
      signingName: "kms",
      credentials,
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `TrentService.${operation}` },
      body: JSON.stringify(body),
      secrets: [request.Plaintext as string | undefined],
      http,
      signal,
    });
    const answer = readObject(text);
    if (answer === undefined) throw noAnswer(service);
    return answer;
  }

  return {
    async encrypt(key, plaintext, keyOptions = {}) {
      const { CiphertextBlob } = await call("Encrypt", key, { Plaintext: base64.encode(plaintext) }, keyOptions);
      if (readBytes(CiphertextBlob) === undefined) throw noAnswer(service);
      return CiphertextBlob as string;
    },
    async decrypt(key, ciphertext, keyOptions = {}) {
      const { Plaintext } = await call("Decrypt", key, { CiphertextBlob: base64.encode(ciphertext) }, keyOptions);
      const plaintext = readBytes(Plaintext);
      if (plaintext === undefined) throw noAnswer(service);
      return plaintext;
    },
  };
}

const service = "AWS KMS";
const example = "https://kms.eu-west-1.amazonaws.com";

/** Loaded on demand, if credentials or endpoint are not given. Undefined in browsers and Workers. */
async function readDefaults(): Promise<Defaults | undefined> {
  if (platform === undefined) return undefined;
  return (await import("./defaults/defaults.js")).createDefaults(platform);
}

/** The name that sops uses (kms/keysource.go, `stsSessionName`). */
function sessionName(): string {
  const host = (platform?.hostname() ?? "").replace(/[^a-zA-Z0-9=,.@_-]+/g, "");
  return `sops@${host}`.slice(0, 64);
}
