import { initialized } from "@isosops/gitops";
import { openToRead } from "../../../keyring/open-organisation.js";
import { printable, printableJson } from "../../../terminal/printable.js";
import { writeStdout } from "../../../terminal/stdout.js";
import type { OrgJsonFlags } from "../shared-flags.js";

/** `isosops org log`. */
export async function orgLog({ json }: OrgJsonFlags): Promise<void> {
  const { storage } = await openToRead();
  const { log } = initialized(await storage.read());
  if (json === true) return writeStdout(printableJson(log));
  const lines = log.map(({ time, actor, action, detail }) => `${time}  ${actor}  ${action}  ${detail}`.trimEnd());
  await writeStdout(lines.map((line) => `${printable(line)}\n`).join(""));
}
