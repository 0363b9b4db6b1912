import { SopsError } from "@isosops/core";
import type { AwsCredentials } from "../credentials.js";
import { readCredentials } from "./answer.js";
import type { Search } from "./chain.js";

/** The most milliseconds that the process may take, as in the SDK. */
const timeout = 60_000;

/** The credentials that the command in `credential_process` of a profile prints. The shell runs it. */
export async function processCredentials(
  { platform, signal }: Search,
  profile: string,
  command: string,
): Promise<AwsCredentials> {
  const source = `the \`credential_process\` of the profile ${profile}`;
  let printed: string;
  try {
    printed = await platform.runShell(command, { timeout, signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new SopsError("credentials", `${source} failed: ${(error as Error).message}. Run it by hand to see why.`);
  }
  return readCredentials(printed, source);
}
