import { type FileStatus, show, status } from "@isosops/gitops";
import { openOrganisation, organisationFiles, problemOf } from "../../../keyring/open-organisation.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { say, warn } from "../../../terminal/messages.js";
import { plural } from "../../../terminal/plural.js";
import { printable, printableJson } from "../../../terminal/printable.js";
import { showPath } from "../../../terminal/show-path.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { nextCommand } from "../next-command.js";
import type { OrgJsonFlags } from "../shared-flags.js";

/** `isosops org status`. */
export async function orgStatus(paths: readonly string[], { json }: OrgJsonFlags): Promise<void> {
  const organisation = await openOrganisation();
  const found: FileStatus[] = [];
  for await (const file of status(organisation, organisationFiles(), paths)) {
    found.push({ ...file, path: showPath(file.path) });
  }
  const left = found.filter(({ state }) => state !== "current");
  // An outdated keyring cannot find files of newer keys.
  const problem = await problemOf(organisation, [".", ...paths], false);
  if (problem !== undefined) warn(problem.message);
  if (left.length > 0 || problem !== undefined) process.exitCode = exitCodes.findings;
  const info = await show(organisation);
  if (json === true) {
    const report = {
      age_public_key: info!.recipient,
      previous_age_public_key: info!.previousRecipient ?? null,
      files: found,
    };
    await writeStdout(printableJson(report));
    return;
  }
  await writeStdout(left.map((file) => `${printable(describe(file))}\n`).join(""));
  const rotating = info!.previousRecipient !== undefined;
  say(`${plural(found.length - left.length, "file")} with the key ${info!.recipient}.`);
  if (problem !== undefined) return;
  if (left.length === 0) {
    if (rotating) say(`Nothing here needs the old key: ${nextCommand("confirm", paths)}`);
    return;
  }
  const needed = left.filter(({ state }) => state !== "unreadable").length;
  if (rotating) say(`${plural(needed, "file")} with the old key ${info!.previousRecipient}.`);
  if (needed > 0) say(`Next: ${nextCommand("reencrypt", paths)}`);
}

function describe({ path, state, problem }: FileStatus): string {
  return state === "unreadable" ? `${path}: cannot be read: ${problem}` : `${path}: ${wording[state]}`;
}

const wording = {
  current: "the current key",
  previous: "the old key",
  both: "the old key and the current one",
} as const;
