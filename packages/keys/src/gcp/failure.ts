import type { SopsError } from "@isosops/core";
import { readObject, skewOf } from "../http/answer.js";
import { busy, damaged, rejected } from "../http/explain.js";
import { quoted, said } from "../http/said.js";
import { failure, type HttpAnswer } from "../http/send.js";

/** An error response of a Google service. */
interface GcpFailure {
  /** `PERMISSION_DENIED` or `invalid_grant`, or the status if it has no name. */
  readonly name: string;
  /** Without secrets and control characters. */
  readonly message: string;
  /** The reason of an `ErrorInfo` in its details (AIP-193), such as `SERVICE_DISABLED`. "" if there is none. */
  readonly reason: string;
}

/** A request, as error messages describe it. */
export interface Asked {
  /** `Cloud KMS`. */
  readonly service: string;
  readonly operation: "encrypt" | "decrypt" | "impersonate";
  /** Where the token comes from. */
  readonly source: string | undefined;
}

/** Milliseconds of clock skew with which a token is still valid. */
const mostSkew = 240_000;

/** Creates the error for a failure of Cloud KMS or IAM: what it means, and what to do. */
export function explainFailure(answer: HttpAnswer, asked: Asked, secrets: readonly (string | undefined)[]): SopsError {
  const { status } = answer;
  const { service, operation, source } = asked;
  const { name, message, reason } = readFailure(answer, secrets);
  const told = quoted(name, message);
  const from = source === undefined ? "" : ` (from ${source})`;
  if (status === 401 || name === "UNAUTHENTICATED") {
    if (Math.abs(skewOf(answer)) > mostSkew) {
      return failure("clock", `${service} rejected the token (${told})`, "Set the clock of this machine");
    }
    return failure(
      "credentials",
      `${service} rejected the token${from} (${told})`,
      "Get a new one, for example with `gcloud auth application-default login`",
    );
  }
  if (reason === "SERVICE_DISABLED") {
    return failure(
      "permission",
      `${service} is not enabled in the project (${told})`,
      "Enable it with `gcloud services enable cloudkms.googleapis.com`, or, for a user, set another quota project with `gcloud auth application-default set-quota-project`",
    );
  }
  if (reason === "ACCESS_TOKEN_SCOPE_INSUFFICIENT") {
    return failure(
      "permission",
      `${service} is not in the scopes of the token${from} (${told})`,
      "Get one with the scope https://www.googleapis.com/auth/cloudkms or cloud-platform; the scopes of a virtual machine can be changed while it is stopped",
    );
  }
  if (name === "PERMISSION_DENIED" || status === 403) return failure("permission", ...denied(asked, told, from));
  if (name === "NOT_FOUND") {
    return failure(
      "key_not_found",
      `${service} has no such ${operation === "impersonate" ? "service account" : "key"} (${told})`,
      operation === "impersonate" ? "Check its name" : "Check the project, the location, the key ring and the name",
    );
  }
  if (name === "FAILED_PRECONDITION") {
    return failure(
      "key_disabled",
      `the key cannot be used now (${told})`,
      `Enable its ${operation === "encrypt" ? "primary version" : "version"}, or restore it, by \`gcloud kms keys versions\`; it must be a symmetric key for encryption`,
    );
  }
  if (name === "INVALID_ARGUMENT" && operation === "decrypt" && /decrypt|cipher/i.test(message)) {
    return damaged(service, told);
  }
  if (status === 429 || status >= 500) return busy(service, told);
  return rejected(service, told);
}

function denied({ service, operation }: Asked, told: string, from: string): [what: string, remedy: string] {
  const wish = operation === "impersonate" ? "impersonate the service account" : `${operation} with this key`;
  const permission = {
    encrypt: "`cloudkms.cryptoKeyVersions.useToEncrypt` (roles/cloudkms.cryptoKeyEncrypter) on the key",
    decrypt: "`cloudkms.cryptoKeyVersions.useToDecrypt` (roles/cloudkms.cryptoKeyDecrypter) on the key",
    impersonate: "`iam.serviceAccounts.getAccessToken` (roles/iam.serviceAccountTokenCreator) on the service account",
  }[operation];
  return [
    `${service} does not allow the caller to ${wish} (${told})`,
    `Allow ${permission}, or use credentials other than these${from}. The answer is the same if the ${operation === "impersonate" ? "account" : "key"} does not exist`,
  ];
}

/**
 * Creates the error for a failure of a token service: for refresh tokens (RFC 6749, section 5.2), for workload identity
 * federation (RFC 8693), or one that issues subject tokens.
 *
 * @param remedy - What to do if the grant is rejected.
 */
export function explainTokenFailure(
  answer: HttpAnswer,
  service: string,
  source: string,
  remedy: string,
  secrets: readonly (string | undefined)[],
): SopsError {
  const { name, message } = readFailure(answer, secrets);
  const told = quoted(name, message);
  if (answer.status === 429 || answer.status >= 500) return busy(service, told);
  if (name === "invalid_grant" && Math.abs(skewOf(answer)) > mostSkew) {
    return failure("clock", `${service} rejected ${source} (${told})`, "Set the clock of this machine");
  }
  return failure("credentials", `${service} rejected ${source} (${told})`, remedy);
}

/** Parses an error of a Google service (AIP-193), of OAuth 2.0, or of another server. */
function readFailure({ status, text }: HttpAnswer, secrets: readonly (string | undefined)[]): GcpFailure {
  const answer = readObject(text) ?? {};
  const inner = Object(answer.error) as Record<string, unknown>;
  const details = Array.isArray(inner.details) ? (inner.details as Record<string, unknown>[]) : [];
  const reason = details.find((detail) => typeof detail?.reason === "string")?.reason;
  const [name, message] =
    typeof answer.error === "string" ? [answer.error, answer.error_description] : [inner.status, inner.message];
  const show = (value: unknown) => said(typeof value === "string" ? value : "", secrets);
  return { name: show(name) || `HTTP status ${status}`, message: show(message), reason: show(reason) };
}
