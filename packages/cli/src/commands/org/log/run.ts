import { initialized } from "@isosops/gitops";
import { openToRead } from "../../../keyring/open-organisation.js";
import { harmless, harmlessJson } from "../../../terminal/messages.js";
import { writeStdout } from "../../../terminal/stdout.js";
import type { OrgShowFlags } from "../flags.js";

/** `isosops org log`. */
export async function orgLog({ json }: OrgShowFlags): Promise<void> {
  const { storage } = await openToRead();
  const { log } = initialized(await storage.read());
  if (json === true) return writeStdout(harmlessJson(log));
  const lines = log.map(({ time, actor, action, detail }) => `${time}  ${actor}  ${action}  ${detail}`.trimEnd());
  await writeStdout(lines.map((line) => `${harmless(line)}\n`).join(""));
}
