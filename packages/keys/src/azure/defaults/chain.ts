import { SopsError } from "@isosops/core";
import type { HttpOptions } from "../../http/send.js";
import type { Platform } from "../../native/platform.js";
import type { AzureCredentials, AzureCredentialsRequest } from "../credentials.js";
import { environmentCredentials, workloadIdentityCredentials } from "./application.js";
import { azureCliCredentials, developerCliCredentials } from "./cli.js";
import { managedIdentityCredentials } from "./managed-identity.js";

/** A look for credentials on a machine. */
export interface Search extends AzureCredentialsRequest {
  readonly platform: Platform;
  readonly http: HttpOptions;
}

/**
 * One way to credentials: them, or why there are none, in a few words.
 *
 * @throws {SopsError} what the service says that refuses them: no other way is tried then
 */
type Way = (search: Search) => Promise<AzureCredentials | string>;

/** By the names that `AZURE_TOKEN_CREDENTIALS` has for them, in the order of sops (azidentity, `DefaultAzureCredential`). */
const ways: readonly (readonly [name: string, kind: "prod" | "dev", way: Way])[] = [
  ["EnvironmentCredential", "prod", environmentCredentials],
  ["WorkloadIdentityCredential", "prod", workloadIdentityCredentials],
  ["ManagedIdentityCredential", "prod", managedIdentityCredentials],
  ["AzureCLICredential", "dev", azureCliCredentials],
  ["AzureDeveloperCLICredential", "dev", developerCliCredentials],
];

/**
 * Find credentials where sops does: a client secret or certificate in the variables, workload identity, managed identity, the
 * Azure CLI, the Azure Developer CLI.
 *
 * @throws {SopsError} `credentials` if there are none, with what was missing for each way; what the service says that gives them;
 *   `invalid_option` if `AZURE_TOKEN_CREDENTIALS` names no way
 */
export async function findCredentials(search: Search): Promise<AzureCredentials> {
  const chosen = search.platform.env("AZURE_TOKEN_CREDENTIALS") ?? "";
  const allowed = ways.filter(([name, kind]) => ["", kind, name.toLowerCase()].includes(chosen.toLowerCase()));
  if (allowed.length === 0) {
    throw new SopsError(
      "invalid_option",
      `AZURE_TOKEN_CREDENTIALS is none of dev, prod, ${ways.map(([name]) => name).join(", ")}. Set it to one, or unset it.`,
    );
  }
  const reasons: string[] = [];
  for (const [, , way] of allowed) {
    const found = await way(search);
    if (typeof found === "object") return found;
    reasons.push(found);
  }
  throw new SopsError(
    "credentials",
    `no Azure credentials were found: ${reasons.join("; ")}. Use \`az login\`, or set the variables of a service principal.`,
  );
}
