import {
  fieldMap,
  type KeyKind,
  type KeySource,
  type KeyWrapper,
  type MasterKey,
  type MetadataValue,
  SopsError,
} from "@isosops/core";
import { referenceOf } from "@isosops/core/key-reference";
import { about, aboutNow, createdNow, encField, textField } from "../about.js";
import { checkWrapped } from "../wrapped.js";
import { parseArn, splitRole } from "./arn.js";
import { type AwsOptions, createKmsClient, type KmsClient, type KmsKey } from "./client.js";

export type { HttpOptions } from "../http/send.js";
export type { AwsOptions } from "./client.js";
export type { AwsCredentials, AwsCredentialsFunction, AwsCredentialsRequest } from "./credentials.js";

/** Options of {@link awsKms}. */
export interface AwsKmsOptions extends AwsOptions {
  /** The encryption context. It is written to the file in plain text, and KMS decrypts with the same one only. */
  readonly context?: Readonly<Record<string, string>> | undefined;
  /** The ARN of a role that is assumed first. It can also follow the ARN of the key, after a `+`. */
  readonly role?: string | undefined;
  /** A profile of the AWS configuration. It is written to the file. */
  readonly profile?: string | undefined;
}

const type = "kms";

/**
 * An AWS KMS key to encrypt for: `encrypt(source, { keys: [awsKms("arn:aws:kms:...")] })`. AWS KMS encrypts the data key,
 * which is sent to it over HTTPS (kms/keysource.go).
 *
 * @param arn - The ARN of a key or alias, `arn:aws:kms:eu-west-1:111122223333:key/...`, optionally followed by `+` and the
 * ARN of a role.
 * @throws {SopsError} `invalid_key` if it is not the ARN of a key; `invalid_option`. Its `wrap` throws the errors of
 * {@link awsKmsSource}.
 */
export function awsKms(arn: string, options: AwsKmsOptions = {}): KeyWrapper {
  const { context, role, profile, ...awsOptions } = options;
  return wrapperFor(readArn(arn, { context, role, profile }), createKmsClient(awsOptions));
}

/** Reads the ARN of a key, and checks it. */
function readArn(
  arn: string,
  { context, role, profile = "" }: Pick<AwsKmsOptions, "context" | "role" | "profile">,
): KmsKey {
  if (typeof arn !== "string") {
    throw new SopsError("invalid_key", "The ARN of an AWS KMS key must be a string; is a variable unset?");
  }
  const split = splitRole(arn);
  const key: KmsKey = { arn: split.arn, role: role ?? split.role ?? "", profile, context: checkContext(context) };
  aboutNow(nameOf(key), () => parseArn(key.arn));
  return key;
}

function wrapperFor(key: KmsKey, client: KmsClient): KeyWrapper {
  return {
    type,
    wrap: (dataKey, keyOptions) =>
      about(nameOf(key), async () => {
        const enc = checkWrapped(await client.encrypt(key, dataKey, keyOptions), dataKey, "AWS KMS");
        return [{ type, fields: fieldMap(fieldsOf(key, enc)) }];
      }),
  };
}

/**
 * Decrypts data keys with AWS KMS: `decrypt(source, { keySources: [awsKmsSource()] })`. ARN, role, profile and encryption
 * context come from the file. The encrypted data key is sent to AWS.
 *
 * @throws {SopsError} Its `unwrap` throws `credentials`, `permission`, `key_not_found`, `key_disabled`, `data_key`, `clock`,
 * `network`, `unavailable`, `service` and `invalid_key`.
 */
export function awsKmsSource(options: AwsOptions = {}): KeySource {
  return sourceOf(createKmsClient(options));
}

function sourceOf(client: KmsClient): KeySource {
  return {
    type,
    unwrap(master, keyOptions) {
      const key = readKey(master);
      return about(nameOf(key), () => client.decrypt(key, encField(master.fields), keyOptions));
    },
    describe: () => "AWS KMS",
  };
}

/**
 * AWS KMS as one of several kinds of keys: for the keys of a rule in `.sops.yaml`, and for the keys of a file that are
 * to be wrapped again. All its keys share the credentials that are found.
 *
 * @throws {SopsError} Its `wrapper` throws `invalid_key` if the ID is no ARN of a key.
 */
export function awsKmsKind(options: AwsOptions = {}): KeyKind {
  const client = createKmsClient(options);
  return {
    type,
    wrapper: ({ id, context, awsProfile }) => wrapperFor(readArn(id, { context, profile: awsProfile }), client),
    source: () => sourceOf(client),
  };
}

function nameOf({ arn, role, profile }: KmsKey): string {
  const by = [profile === "" ? "" : `profile ${profile}`, role === "" ? "" : `role ${role}`].filter(Boolean).join(", ");
  return `AWS KMS key ${arn}${by === "" ? "" : ` (${by})`}`;
}

/** The fields in the order of sops (stores/stores.go, `kmskey`). */
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

function readKey(master: MasterKey): KmsKey {
  const { fields } = master;
  const { context, awsProfile: profile = "" } = referenceOf(master);
  return { arn: textField(fields, "arn"), role: textField(fields, "role"), profile, context };
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
