import { cancel, show } from "@isosops/gitops";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { filesOfAllBranches, openNewest } from "../../../keyring/open-organisation.js";
import { publishChange } from "../../../keyring/published-file.js";
import { say } from "../../../terminal/messages.js";
import type { OrgEndFlags } from "../shared-flags.js";

/** `isosops org cancel`. */
export async function orgCancel(
  paths: readonly string[],
  { force, gone, except = [], exceptRef = [] }: OrgEndFlags,
): Promise<void> {
  const organisation = await openNewest(paths);
  const before = await show(organisation);
  const left = { paths: except.map((file) => resolve(file)), refs: exceptRef };
  const { recipient } = await cancel(organisation, filesOfAllBranches(left), paths, {
    force,
    gone,
    except: left.paths,
  });
  await publishChange(organisation, paths);
  say(`The new key ${before?.recipient} is destroyed. The organisation's key is ${recipient} again.`);
}
