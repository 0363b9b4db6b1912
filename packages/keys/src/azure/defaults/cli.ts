import { readObject } from "../../http/answer.js";
import type { AzureCredentials } from "../credentials.js";
import type { Search } from "./chain.js";

/** Milliseconds that a program may take, as with azidentity. */
const timeout = 10_000;

/** The token of the Azure CLI. */
export function azureCliCredentials(search: Search): Promise<AzureCredentials | string> {
  const tenant = search.tenantId === undefined ? "" : ` --tenant ${search.tenantId}`;
  const command = `az account get-access-token -o json --resource ${search.resource}${tenant}`;
  return ask(search, command, "the Azure CLI", ({ accessToken, expires_on: until }) => [
    accessToken,
    typeof until === "object" ? 0 : Number(until) * 1000,
  ]);
}

/** The token of the Azure Developer CLI. */
export function developerCliCredentials(search: Search): Promise<AzureCredentials | string> {
  const tenant = search.tenantId === undefined ? "" : ` --tenant-id ${search.tenantId}`;
  const command = `azd auth token -o json --no-prompt --scope ${search.scope}${tenant}`;
  return ask(search, command, "the Azure Developer CLI", ({ token, expiresOn }) => [
    token,
    Date.parse(typeof expiresOn === "string" ? expiresOn : ""),
  ]);
}

/** @param read the token of what was printed, and when it ends, in milliseconds since 1970 */
async function ask(
  { platform, resource, tenantId = "", signal }: Search,
  command: string,
  source: string,
  read: (printed: Record<string, unknown>) => [token: unknown, end: number],
): Promise<AzureCredentials | string> {
  // What becomes a part of a command line.
  if (!/^https:\/\/[A-Za-z0-9.-]+$/.test(resource) || !/^[A-Za-z0-9.-]*$/.test(tenantId))
    return `${source} is not asked`;
  let printed: string;
  try {
    printed = await platform.runShell(command, { timeout, signal });
  } catch (error) {
    signal?.throwIfAborted();
    return `${source} is not there or not logged in (${(error as Error).message})`;
  }
  const [accessToken, end] = read(readObject(printed) ?? {});
  if (typeof accessToken !== "string" || accessToken === "") return `${source} has printed no token`;
  return { accessToken, expiration: end > 0 ? new Date(end) : undefined, source };
}
