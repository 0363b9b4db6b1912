import { confirm, type LostFile, show } from "@isosops/gitops";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { filesOfAllBranches, openNewest } from "../../../keyring/open-organisation.js";
import { publishChange } from "../../../keyring/published-file.js";
import { say } from "../../../terminal/messages.js";
import type { OrgEndFlags } from "../shared-flags.js";
import { warnOfLost } from "../warn-of-lost.js";

/** `isosops org confirm`. */
export async function orgConfirm(
  paths: readonly string[],
  { gone, except = [], exceptRef = [] }: OrgEndFlags,
): Promise<void> {
  const organisation = await openNewest(paths);
  const before = await show(organisation);
  const left = { paths: except.map((file) => resolve(file)), refs: exceptRef };
  const lost: LostFile[] = [];
  const ended = confirm(organisation, filesOfAllBranches(left), paths, {
    gone,
    except: left.paths,
    onLost: (file) => lost.push(file),
  });
  const { recipient } = await ended.finally(() => warnOfLost(lost));
  await publishChange(organisation, paths);
  say(`The old key ${before?.previousRecipient} is destroyed. The organisation's key is ${recipient}.`);
  say("Earlier copies of the keyring still contain the old key. Make a new copy, and delete them.");
}
