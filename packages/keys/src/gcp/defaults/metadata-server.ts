import { SopsError } from "@isosops/core";
import { send } from "../../http/send.js";
import { type GcpCredentials, googleUniverse, scope } from "../credentials.js";
import { explainTokenFailure } from "../failure.js";
import type { Search } from "./chain.js";
import { readToken } from "./token.js";

/** Milliseconds. Short, because outside of Google Cloud nothing answers. */
const timeout = 1000;

/**
 * The token of the service account of a virtual machine, container or function of Google Cloud. Undefined without a
 * metadata server (google-cloud-go, `compute/metadata`).
 */
export async function metadataCredentials({ platform, http, signal }: Search): Promise<GcpCredentials | undefined> {
  const host = platform.env("GCE_METADATA_HOST") || "169.254.169.254";
  const service = "the metadata server";
  const source = "the service account of this machine";
  const ask = (path: string) =>
    send(
      () => ({
        method: "GET",
        url: `http://${host}/computeMetadata/v1/${path}`,
        headers: { "metadata-flavor": "Google" },
      }),
      { ...http, timeout: Math.min(timeout, http.timeout ?? timeout), attempts: 2, signal, service },
    );
  try {
    const answer = await ask(`instance/service-accounts/default/token?scopes=${encodeURIComponent(scope)}`);
    // Other clouds, such as AWS, have another server at this address.
    if (answer.headers.get("metadata-flavor") !== "Google") return undefined;
    if (answer.status !== 200) {
      throw explainTokenFailure(answer, service, source, "Give the machine or the container a service account", []);
    }
    const universe = await ask("universe/universe-domain");
    const universeDomain = (universe.status === 200 && universe.text.trim()) || googleUniverse;
    return { ...readToken(answer.text, service, source), universeDomain };
  } catch (error) {
    if (error instanceof SopsError && error.code === "network") return undefined;
    throw error;
  }
}
