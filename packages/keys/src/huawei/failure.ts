import type { SopsError } from "@isosops/core";
import { readObject } from "../http/answer.js";
import { busy, damaged, rejected } from "../http/explain.js";
import { quoted, said } from "../http/said.js";
import { failure, type HttpAnswer } from "../http/send.js";

/** A request, as error messages describe it. */
export interface Asked {
  /** `HuaweiCloud KMS`. */
  readonly service: string;
  readonly operation: "encrypt" | "decrypt" | "projects" | "token";
  /** Where the credentials come from. */
  readonly source: string | undefined;
}

/** An error response of a HuaweiCloud service. */
export interface HuaweiFailure {
  readonly status: number;
  /** `KMS.0209`, or the status if there is no code. */
  readonly name: string;
  /** Without secrets and control characters. */
  readonly message: string;
}

/** Parses an error of KMS, of the API gateway or of IAM (huaweicloud-sdk-go-v3, `core/sdkerr/errors.go`). */
export function readFailure({ status, text }: HttpAnswer, secrets: readonly (string | undefined)[]): HuaweiFailure {
  const answer = readObject(text) ?? {};
  const error = { ...answer, ...(Object(answer.error) as Record<string, unknown>) };
  const show = (value: unknown) => said(typeof value === "string" ? value : "", secrets);
  return {
    status,
    name: show(error.error_code ?? error.code) || `HTTP status ${status}`,
    // After this, the gateway repeats the request, with its headers.
    message: show(error.error_msg ?? error.message).split(/,? ?canonicalRequest:/, 1)[0]!,
  };
}

/** Whether a request was rejected because of its time. */
export function isAboutTime({ status, message }: HuaweiFailure): boolean {
  return status === 401 && /signature expired/i.test(message);
}

/** Creates the error for a failure: what it means, and what to do. */
export function explainFailure(failed: HuaweiFailure, { service, operation, source }: Asked): SopsError {
  const { status, name, message } = failed;
  const told = quoted(name, message);
  const from = source === undefined ? "" : ` (from ${source})`;
  if (isAboutTime(failed)) {
    return failure("clock", `${service} rejected the time of the request (${told})`, "Set the clock of this machine");
  }
  if (status === 401) {
    return failure(
      "credentials",
      `${service} rejected the credentials${from} (${told})`,
      "Check the access key and the secret key, and the security token if they are temporary; after five failures, the key is locked for five minutes",
    );
  }
  if (status === 403) return failure("permission", ...denied(service, operation, told, from));
  if (status === 429 || status >= 500) {
    return busy(service, told);
  }
  if (name === "KMS.0209" || name === "KMS.0210") {
    return failure(
      "key_disabled",
      `the key cannot be used now (${told})`,
      "Enable the key, or cancel its deletion, in the console of Data Encryption Workshop",
    );
  }
  if (name === "KMS.0205" || (status === 404 && (operation === "encrypt" || operation === "decrypt"))) {
    return failure(
      "key_not_found",
      `${service} has no such key (${told})`,
      "Check the region, the project and the UUID of the key",
    );
  }
  if (operation === "decrypt" && status === 400 && /cipher|decrypt/i.test(message)) {
    return damaged(service, told);
  }
  if (operation === "token" && status < 500) {
    return failure("credentials", `${service} gives no credentials for ${source} (${told})`, "Check it");
  }
  return rejected(service, told);
}

function denied(
  service: string,
  operation: Asked["operation"],
  told: string,
  from: string,
): [what: string, remedy: string] {
  const others = `or use credentials other than these${from}`;
  if (operation === "projects") {
    return [
      `${service} does not allow the caller to list the projects (${told})`,
      `Allow \`iam:projects:listProjects\`, or set HUAWEICLOUD_SDK_PROJECT_ID or \`projectId\` to the project of the region, ${others}`,
    ];
  }
  if (operation === "token") return [`${service} gives no credentials (${told})`, "Check what may ask for them"];
  return [
    `${service} does not allow the caller to ${operation} with this key (${told})`,
    `Allow \`kms:cmk:crypto\`, for example with \`KMS CMKFullAccess\` or a grant on the key, ${others}`,
  ];
}
