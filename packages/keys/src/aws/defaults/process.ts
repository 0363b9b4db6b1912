import { SopsError } from "@isosops/core";
import type { AwsCredentials } from "../credentials.js";
import { readCredentials } from "./answer.js";
import type { Search } from "./chain.js";

/** Milliseconds that the process may take, as with the SDK. */
const timeout = 60_000;

/** The credentials that the command `credential_process` of a profile prints. It is run by the shell. */
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
    throw new SopsError("credentials", `${source} has failed: ${(error as Error).message}. Run it by hand.`);
  }
  return readCredentials(printed, source);
}
