import { SopsError } from "@isosops/core";

/** The name of a KMS key: `arn:aws:kms:eu-west-1:111122223333:key/...`, or of an alias of one. */
export interface KeyArn {
  readonly arn: string;
  /** `aws`, `aws-cn`, `aws-us-gov`, ... */
  readonly partition: string;
  readonly region: string;
}

/**
 * The region becomes part of the host name. sops accepts any text there; here it has letters, digits and hyphens only, so
 * that a file cannot choose the host.
 */
const pattern = /^arn:(aws[\w-]*):kms:([a-z0-9-]+):[0-9]+:(?:key|alias)\/.+$/;

/**
 * Parses the ARN of a key (kms/keysource.go, `arnRegex`).
 *
 * @throws {SopsError} `invalid_key`.
 */
export function parseArn(arn: string): KeyArn {
  const [, partition, region] = pattern.exec(arn) ?? [];
  if (partition === undefined || region === undefined) {
    throw new SopsError(
      "invalid_key",
      "it is not the ARN of a KMS key. Give one with the region, such as arn:aws:kms:eu-west-1:111122223333:key/... or ...:alias/NAME.",
    );
  }
  return { arn, partition, region };
}

/** Splits an ARN and the role after its `+`, if it has one (kms/keysource.go, `NewMasterKeyFromArn`). */
export function splitRole(text: string): { arn: string; role: string | undefined } {
  const whole = text.replaceAll(" ", "");
  const plus = whole.indexOf("+arn:");
  return plus > 0 ? { arn: whole.slice(0, plus), role: whole.slice(plus + 1) } : { arn: whole, role: undefined };
}
