import { SopsError } from "@isosops/core";
import { send } from "../../http/send.js";
import type { AwsCredentials } from "../credentials.js";
import { readCredentials } from "./answer.js";
import type { Search } from "./chain.js";

const ecsEndpoint = "http://169.254.170.2";

/** Hosts that are allowed without TLS: this machine, and those of ECS and EKS (`config/resolve_credentials.go`). */
const plainHosts = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\]|169\.254\.170\.(?:2|23)|\[fd00:ec2::23\])$/;

/** The credentials of a container of ECS or EKS. Undefined outside of one. */
export async function containerCredentials({ platform, http, signal }: Search): Promise<AwsCredentials | undefined> {
  const { env } = platform;
  const relative = env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const url = relative ? `${ecsEndpoint}${relative}` : env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!url) return undefined;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== "https:" && !plainHosts.test(parsed.hostname))) {
    throw new SopsError(
      "credentials",
      "AWS_CONTAINER_CREDENTIALS_FULL_URI must be an https URL, or one of this machine or of the container service. Correct it.",
    );
  }
  const tokenFile = env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  const token = tokenFile
    ? ((await platform.readFile(tokenFile).catch(() => undefined)) ?? "").trim()
    : (env("AWS_CONTAINER_AUTHORIZATION_TOKEN") ?? "");
  const source = "the container's credential service";
  const headers: Record<string, string> = {
    accept: "application/json",
    ...(token === "" ? {} : { authorization: token }),
  };
  const { status, text } = await send(() => ({ method: "GET", url, headers }), { ...http, signal, service: source });
  if (status === 200) return readCredentials(text, source, true);
  throw new SopsError("credentials", `${source} answered with the status ${status}. Check the role of the container.`);
}
