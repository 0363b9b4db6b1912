import { SopsError } from "@isosops/core";
import type { Platform } from "../../native/platform.js";
import type { HuaweiCredentials } from "../credentials.js";
import { fileSettings } from "./credentials-file.js";
import type { DefaultsRequest } from "./defaults.js";
import { federatedCredentials } from "./federated.js";
import { metadataCredentials } from "./metadata.js";
import { podIdentityCredentials } from "./pod-identity.js";

/** A search for credentials on a machine. */
export interface Search extends DefaultsRequest {
  readonly platform: Platform;
}

/** Settings of the variables or the credentials file. "" for what is not set. */
export interface Settings {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly securityToken: string;
  readonly projectId: string;
  /** Of an identity provider, whose token is exchanged. */
  readonly identityProvider: string;
  readonly tokenFile: string;
  readonly iamEndpoint: string;
  /** Where they come from, for messages: `the variable HUAWEICLOUD_SDK_AK`. */
  readonly source: string;
}

/**
 * Finds credentials where sops does (huaweicloud-sdk-go-v3, `core/auth/provider`, `BasicCredentialProviderChain`): in the variables, the
 * file of `HUAWEICLOUD_SDK_CREDENTIALS_FILE` or `~/.huaweicloud/credentials`, the metadata of a server, the pod identity of a container.
 *
 * @throws {SopsError} `credentials` if there are none, with the reason for each source; by the response of the service that issues them
 */
export async function findCredentials(search: Search): Promise<HuaweiCredentials> {
  const reasons: string[] = [];
  const ways = [
    async () =>
      use(search, environmentSettings(search.platform), "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK are not set"),
    async () => {
      const found = await fileSettings(search.platform);
      return typeof found === "string" ? found : use(search, found, `${found.source} has no \`ak\` and \`sk\``);
    },
    () => metadataCredentials(search),
    () => podIdentityCredentials(search),
  ];
  for (const way of ways) {
    const found = await way();
    if (typeof found === "object") return found;
    reasons.push(found);
  }
  throw new SopsError(
    "credentials",
    `no HuaweiCloud credentials were found: ${reasons.join("; ")}. Set the variables to an access key.`,
  );
}

function environmentSettings({ env }: Platform): Settings {
  const get = (name: string) => env(`HUAWEICLOUD_SDK_${name}`) ?? "";
  return {
    accessKey: get("AK"),
    secretKey: get("SK"),
    securityToken: get("SECURITY_TOKEN"),
    projectId: get("PROJECT_ID"),
    identityProvider: get("IDP_ID"),
    tokenFile: get("ID_TOKEN_FILE"),
    iamEndpoint: "",
    source: "the variables HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK",
  };
}

/** Creates credentials from settings, or returns `reason` if there are none. */
async function use(search: Search, settings: Settings, reason: string): Promise<HuaweiCredentials | string> {
  const { accessKey, secretKey, securityToken, projectId, source } = settings;
  if (settings.identityProvider !== "" && settings.tokenFile !== "") return federatedCredentials(search, settings);
  if (accessKey === "" || secretKey === "") return reason;
  return {
    accessKey,
    secretKey,
    ...(securityToken === "" ? {} : { securityToken }),
    ...(projectId === "" ? {} : { projectId }),
    source,
  };
}
