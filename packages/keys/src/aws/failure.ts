import { type ErrorCode, SopsError } from "@isosops/core";
import { busy, rejected } from "../http/explain.js";
import { quoted, said } from "../http/said.js";
import type { HttpAnswer } from "../http/send.js";

/** An error response of an AWS service. */
export interface AwsFailure {
  /** `AccessDeniedException`, or the status if it has no name. */
  readonly name: string;
  /** Without secrets and control characters. */
  readonly message: string;
  readonly status: number;
}

/** Parses an error of the JSON protocol, of the query protocol, or of another server. */
export function readFailure(answer: HttpAnswer, secrets: readonly (string | undefined)[]): AwsFailure {
  const { status, headers, text } = answer;
  const [name, message] = jsonFailure(text) ?? xmlFailure(text) ?? ["", ""];
  const code = (name || (headers.get("x-amzn-errortype") ?? "")).replace(/^.*#/, "").split(":", 1)[0]!;
  return { name: said(code, secrets) || `HTTP status ${status}`, message: said(message, secrets), status };
}

function jsonFailure(text: string): [name: string, message: string] | undefined {
  try {
    const { __type, message, Message } = JSON.parse(text) as Record<string, unknown>;
    return [String(__type ?? ""), String(message ?? Message ?? "")];
  } catch {
    return undefined;
  }
}

function xmlFailure(text: string): [name: string, message: string] | undefined {
  const name = xmlText(text, "Code");
  return name === undefined ? undefined : [name, xmlText(text, "Message") ?? ""];
}

/** The text of the first element with a name. It must have no child elements. */
export function xmlText(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`);
  if (start === -1) return undefined;
  const end = xml.indexOf("</", start);
  if (end === -1) return undefined;
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return xml.slice(start + name.length + 2, end).replace(/&(lt|gt|quot|apos|amp);/g, (_, entity) => entities[entity]!);
}

/** Names of errors after which a request is sent again (aws-sdk-go-v2, `aws/retry/standard.go`, and the errors of KMS). */
const busyNames = [
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "RequestThrottledException",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "BandwidthLimitExceeded",
  "LimitExceededException",
  "RequestThrottled",
  "SlowDown",
  "PriorRequestNotComplete",
  "EC2ThrottledException",
  "RequestTimeout",
  "RequestTimeoutException",
  "KMSInternalException",
  "InternalFailure",
  "InternalError",
  "ServiceUnavailable",
  "DependencyTimeoutException",
  "KeyUnavailableException",
];

/** Whether a response asks to try again later. */
export function isBusy(answer: HttpAnswer): boolean {
  return answer.status >= 400 && busyNames.includes(readFailure(answer, []).name);
}

/**
 * Whether a request was rejected because of its time, or may have been. The response contains the time of AWS
 * (aws-sdk-go-v2, `internal/awsutil`, possible clock skew).
 */
export function isAboutTime({ name, message }: AwsFailure): boolean {
  return (
    ["RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"].includes(name) ||
    (/^(?:InvalidSignatureException|SignatureDoesNotMatch|AuthFailure)$/.test(name) &&
      /Signature (?:expired|not yet current)/i.test(message))
  );
}

/** A request, as error messages describe it. */
export interface Asked {
  /** `AWS KMS`. */
  readonly service: string;
  /** What the caller wanted to do: `decrypt with this key`. */
  readonly wish: string;
  /** The action of a policy: `kms:Decrypt`. */
  readonly action: string;
  /** The resource that a policy grants the action on: `the key`. */
  readonly target: string;
  readonly region: string;
  /** Where the credentials come from. */
  readonly source: string | undefined;
}

const credentialNames =
  /^(?:UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException|SignatureDoesNotMatch|IncompleteSignature(?:Exception)?|MissingAuthenticationToken(?:Exception)?|ExpiredToken(?:Exception)?|InvalidAccessKeyId|AuthFailure|InvalidToken|InvalidIdentityToken|IDPRejectedClaim|NotAuthorized|OptInRequired|UnauthorizedException|InvalidGrantException|UnauthorizedClientException)$/;

/** Creates the error for a failure: what it means, and what to do. */
export function explainFailure(failed: AwsFailure, asked: Asked): SopsError {
  const { name, status } = failed;
  const { service, wish, action, target, region, source } = asked;
  const told = quoted(name, failed.message);
  const from = source === undefined ? "" : ` (from ${source})`;
  const fail = (code: ErrorCode, text: string) => new SopsError(code, text);
  if (isAboutTime(failed)) {
    return fail("clock", `${service} rejected the time of the request (${told}). Set the clock of this machine.`);
  }
  if (/^(?:AccessDenied(?:Exception)?|KMSAccessDeniedException)$/.test(name)) {
    return fail(
      "permission",
      `${service} does not allow the caller to ${wish} (${told}). Allow \`${action}\` on ${target} in its policy or in IAM, or use credentials other than these${from}.`,
    );
  }
  if (credentialNames.test(name)) {
    const again = /^Expired/.test(name) ? "Get new ones" : "Check them, or get new ones";
    return fail("credentials", `${service} rejected the credentials${from} (${told}). ${again}.`);
  }
  if (/^(?:NotFoundException|InvalidArnException|NoSuchEntity)$/.test(name)) {
    return fail(
      "key_not_found",
      `${service} in ${region} has no such key (${told}). Check the ARN: its account, its region, and whether the key or the alias was deleted.`,
    );
  }
  if (/^(?:DisabledException|KMSInvalidStateException|KeyUnavailableException|InvalidKeyUsageException)$/.test(name)) {
    return fail(
      "key_disabled",
      `the key cannot be used now (${told}). Enable it or cancel its deletion in the AWS KMS console. It must be a symmetric key for encryption.`,
    );
  }
  if (/^(?:InvalidCiphertextException|IncorrectKeyException)$/.test(name)) {
    return fail(
      "data_key",
      `${service} cannot decrypt the wrapped data key (${told}). It is damaged, or was wrapped with another key or another encryption context than its entry has. Restore the entry in the file's \`sops\` block from version control.`,
    );
  }
  if (busyNames.includes(name) || status === 429 || status >= 500) {
    return busy(service, told);
  }
  return rejected(service, told);
}
