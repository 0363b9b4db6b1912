import { rotate } from "@isosops/gitops";
import { openNewest } from "../../../keyring/open-organisation.js";
import { publishChange } from "../../../keyring/published-file.js";
import { say } from "../../../terminal/messages.js";
import { writeStdout } from "../../../terminal/stdout.js";

/** `isosops org rotate`. */
export async function orgRotate(): Promise<void> {
  const organisation = await openNewest();
  const { recipient } = await rotate(organisation);
  await writeStdout(`${recipient}\n`);
  await publishChange(organisation, []);
  say("Everything is encrypted for this new key from now on; the old one still opens what there is. Next:");
  say("  1. give clusters and colleagues both keys (`isosops cluster argocd`, `isosops org export`)");
  say("  2. `isosops org reencrypt .` in every repository, and commit");
  say("  3. `isosops org confirm .`, with the paths of all repositories, which destroys the old key");
}
