import { noAnswer } from "../../http/answer.js";
import type { HuaweiCredentials } from "../credentials.js";

/**
 * A temporary access key as a service gives it, in one of two spellings (huaweicloud-sdk-go-v3, `core/auth/internal/model.go`).
 *
 * @throws {SopsError} `service` if it is none
 */
export function readTemporary(given: unknown, service: string, source: string): HuaweiCredentials {
  const fields = Object(given) as Record<string, unknown>;
  const accessKey = fields.access ?? fields.accessKeyId;
  const secretKey = fields.secret ?? fields.secretAccessKey;
  const securityToken = fields.securitytoken ?? fields.securityToken;
  const end = Date.parse(String(fields.expires_at ?? fields.expiration));
  if (typeof accessKey !== "string" || typeof secretKey !== "string" || typeof securityToken !== "string") {
    throw noAnswer(service);
  }
  return { accessKey, secretKey, securityToken, ...(Number.isNaN(end) ? {} : { expiration: new Date(end) }), source };
}
