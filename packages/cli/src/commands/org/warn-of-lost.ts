import type { LostFile } from "@isosops/gitops";
import { warn } from "../../terminal/messages.js";
import { plural } from "../../terminal/plural.js";
import { showPath } from "../../terminal/show-path.js";

const mostShown = 20;

/** Warn of files that are encrypted for a destroyed key, and say how they may still be saved. */
export function warnOfLost(files: readonly LostFile[]): void {
  for (const { path, place, recipient } of files.slice(0, mostShown)) {
    const where = place === undefined ? "" : ` ${place}`;
    warn(
      `${showPath(path)}${where} is encrypted for ${recipient}, which was destroyed: your keyring does not open it. Restore an earlier version, or let a colleague re-encrypt it whose keyring is a copy from before that (\`isosops org join --reencrypt\`).`,
    );
  }
  if (files.length > mostShown) warn(`The same is true of ${plural(files.length - mostShown, "more file")}.`);
}
