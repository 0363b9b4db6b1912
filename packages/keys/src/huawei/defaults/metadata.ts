import { SopsError } from "@isosops/core";
import { readObject } from "../../http/answer.js";
import { type HttpRequest, send } from "../../http/send.js";
import type { HuaweiCredentials } from "../credentials.js";
import type { Search } from "./chain.js";
import { readTemporary } from "./temporary.js";

/** Milliseconds, as in the SDK. Elsewhere, nothing answers at this address. */
const timeout = 3000;

const host = "http://169.254.169.254";
const service = "the metadata server";

/**
 * The access key of the agency of an Elastic Cloud Server (huaweicloud-sdk-go-v3, `core/auth/internal/metadata_accessor.go`); the
 * reason if there is none.
 */
export async function metadataCredentials({ http, signal }: Search): Promise<HuaweiCredentials | string> {
  const ask = (request: HttpRequest) =>
    send(() => request, { ...http, timeout: Math.min(timeout, http.timeout ?? timeout), attempts: 1, signal, service });
  try {
    const headers = { "x-metadata-token-ttl-seconds": "21600" };
    const token = await ask({ method: "PUT", url: `${host}/meta-data/latest/api/token`, headers });
    // Older servers have no tokens.
    const shown = token.status === 200 && /^[\x21-\x7e]+$/.test(token.text) ? { "x-metadata-token": token.text } : {};
    const answer = await ask({ method: "GET", url: `${host}/openstack/latest/securitykey`, headers: shown });
    if (answer.status !== 200) return "the metadata server gives no access key: the server has no agency";
    return readTemporary(readObject(answer.text)?.credential, service, "the agency of this server");
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return error.code === "network" ? "there is no metadata server" : "the metadata server is of another cloud";
  }
}
