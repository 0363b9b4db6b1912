import { type Outcome, reencrypt } from "@isosops/gitops";
import { ruleForFile } from "@isosops/node/internal/config/config-file";
import { lazyKinds } from "@isosops/node/internal/keys/kinds";
import type { KeyReference } from "isosops";
import { configFinder } from "../../../files/config-file.js";
import { openNewest, organisationFiles } from "../../../keyring/open-organisation.js";
import { publishChange } from "../../../keyring/published-file.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { say, warn } from "../../../terminal/messages.js";
import { plural } from "../../../terminal/plural.js";
import { printable } from "../../../terminal/printable.js";
import { createProgress } from "../../../terminal/progress.js";
import { showPath } from "../../../terminal/show-path.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { nextCommand } from "../next-command.js";
import { warnOfLost } from "../warn-of-lost.js";
import type { OrgReencryptFlags } from "./flags.js";

/** `isosops org reencrypt`. */
export async function orgReencrypt(
  paths: readonly string[],
  { dryRun, newDataKeys, dropOldKey, allowRecipient = [] }: OrgReencryptFlags,
): Promise<void> {
  const done: string[] = [];
  const progress = createProgress((count) => `${plural(count, "file")} re-encrypted`);
  const onFile = (path: string, outcome: Outcome): void => {
    if (outcome !== "done") return;
    done.push(showPath(path));
    if (dryRun !== true) progress.step();
  };
  try {
    const readersOf = readersFinder(allowRecipient);
    const options = { dryRun, newDataKeys, dropOldKey, readersOf, kinds: lazyKinds(), onFile };
    const organisation = await openNewest(paths);
    const { failed, lost } = await reencrypt(organisation, organisationFiles(), paths, options);
    if (dryRun !== true) await publishChange(organisation, paths);
    progress.end();
    for (const { path, problem } of failed) warn(`${showPath(path)} was not re-encrypted: ${problem}`);
    warnOfLost(lost);
    if (failed.length > 0) process.exitCode = exitCodes.findings;
    printNextStep(done.length, failed.length, paths, dryRun === true);
  } finally {
    progress.end();
    // Also if the run ended with an error.
    await writeStdout(done.map((path) => `${printable(path)}\n`).join(""));
  }
}

/** The keys that a file may have: those of its rule in `.sops.yaml`, and those of --allow-recipient. */
export function readersFinder(
  allowed: readonly string[],
): (path: string) => Promise<readonly (string | KeyReference)[]> {
  const configFor = configFinder(undefined);
  return async (path) => {
    const config = await configFor(path);
    const rule = config === undefined ? undefined : await ruleForFile(config, path);
    return [...allowed, ...(rule?.keyGroups.flat() ?? [])];
  };
}

function printNextStep(done: number, failed: number, paths: readonly string[], dryRun: boolean): void {
  if (dryRun) {
    say(`${plural(done, "file")} would be re-encrypted. Nothing was changed.`);
    return;
  }
  say(`${plural(done, "file")} re-encrypted.`);
  if (failed > 0) say("Fix what is listed above, then run the command again.");
  else say(`Commit and roll out what has changed, then destroy the old key: ${nextCommand("confirm", paths)}`);
}
