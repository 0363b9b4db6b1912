import {
  fieldMap,
  type KeySource,
  type KeyWrapper,
  type MasterKey,
  type MetadataValue,
  SopsError,
} from "@isosops/core";
import { about, aboutNow, createdNow, encField, textField } from "../about.js";
import { parseArn, splitRole } from "./arn.js";
import { type AwsOptions, createKmsClient, type KmsKey } from "./client.js";

export type { HttpOptions } from "../http/send.js";
export type { AwsOptions } from "./client.js";
export type { AwsCredentials, AwsCredentialsFunction, AwsCredentialsRequest } from "./credentials.js";

/** Which key it is, and how AWS is asked. */
export interface AwsKmsOptions extends AwsOptions {
  /** The encryption context: KMS decrypts with the same one only, and it stands in the file, in plain text. */
  readonly context?: Readonly<Record<string, string>> | undefined;
  /** The ARN of a role that is assumed first; it may also stand behind the ARN of the key and a `+`. */
  readonly role?: string | undefined;
  /** A profile of the configuration of AWS, which the file then names. */
  readonly profile?: string | undefined;
}

const type = "kms";

/**
 * A key of AWS KMS to encrypt for: `encrypt(source, { keys: [awsKms("arn:aws:kms:...")] })`. Its data key is sent to
 * AWS KMS, over HTTPS, and comes back encrypted (kms/keysource.go).
 *
 * @param arn of the key or of an alias, `arn:aws:kms:eu-west-1:111122223333:key/...`; behind a `+`, the ARN of a role
 * @throws {SopsError} `invalid_key` if it is no ARN of a key, `invalid_option`
 */
export function awsKms(arn: string, options: AwsKmsOptions = {}): KeyWrapper {
  if (typeof arn !== "string") {
    throw new SopsError("invalid_key", "The ARN of an AWS KMS key must be a string; is a variable unset?");
  }
  const { context, role, profile = "", ...awsOptions } = options;
  const split = splitRole(arn);
  const key: KmsKey = { arn: split.arn, role: role ?? split.role ?? "", profile, context: checkContext(context) };
  aboutNow(nameOf(key), () => parseArn(key.arn));
  const client = createKmsClient(awsOptions);
  return {
    type,
    wrap: (dataKey, keyOptions) =>
      about(nameOf(key), async () => {
        const enc = await client.encrypt(key, dataKey, keyOptions);
        return [{ type, fields: fieldMap(fieldsOf(key, enc)) }];
      }),
  };
}

/**
 * Opens files that have a key of AWS KMS: `decrypt(source, { keySources: [awsKmsSource()] })`. The ARN, role, profile and
 * context are those of the file; what it sends to AWS is the encrypted data key.
 *
 * @throws {SopsError} on unwrapping: `credentials`, `permission`, `key_not_found`, `key_disabled`, `data_key`, `clock`,
 *   `network`, `unavailable`, `service`, `invalid_key`
 */
export function awsKmsSource(options: AwsOptions = {}): KeySource {
  const client = createKmsClient(options);
  return {
    type,
    unwrap(master, keyOptions) {
      const key = readKey(master);
      return about(nameOf(key), () => client.decrypt(key, encField(master.fields), keyOptions));
    },
    describe: () => "AWS KMS",
  };
}

function nameOf({ arn, role, profile }: KmsKey): string {
  const by = [profile === "" ? "" : `profile ${profile}`, role === "" ? "" : `role ${role}`].filter(Boolean).join(", ");
  return `AWS KMS key ${arn}${by === "" ? "" : ` (${by})`}`;
}

/** As sops writes them (stores/stores.go, `kmskey`). */
function fieldsOf({ arn, role, profile, context }: KmsKey, enc: string): [string, MetadataValue][] {
  return [
    ["arn", arn],
    ...(role === "" ? [] : ([["role", role]] as [string, MetadataValue][])),
    ...(context === undefined ? [] : ([["context", fieldMap(Object.entries(context))]] as [string, MetadataValue][])),
    ["created_at", createdNow()],
    ["enc", enc],
    ["aws_profile", profile],
  ];
}

function readKey({ fields }: MasterKey): KmsKey {
  const context = fields.get("context");
  return {
    arn: textField(fields, "arn"),
    role: textField(fields, "role"),
    profile: textField(fields, "aws_profile"),
    context:
      context instanceof Map
        ? Object.fromEntries([...context].flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])))
        : undefined,
  };
}

function checkContext(context: unknown): Readonly<Record<string, string>> | undefined {
  if (context === undefined) return undefined;
  const isContext =
    typeof context === "object" &&
    context !== null &&
    !Array.isArray(context) &&
    Object.values(context).every((value) => typeof value === "string");
  if (!isContext) {
    throw new SopsError(
      "invalid_option",
      'The encryption context (`context`) must be an object of strings, such as `{ Environment: "prod" }`.',
    );
  }
  return Object.keys(context).length === 0 ? undefined : { ...(context as Record<string, string>) };
}
