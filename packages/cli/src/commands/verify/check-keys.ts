import { repositoryOf } from "@isosops/git/internal/repository/find-repository";
import type { KeyringState } from "@isosops/gitops";
import { existsSync } from "@isosops/node/internal/file-system/fs";
import type { Finding, FindingLevel, FindingRule } from "isosops";
import { publishedPathIn } from "../../keyring/published-path.js";
import { CommandError } from "../../program/command-error.js";
import { showPath } from "../../terminal/show-path.js";
import type { Checked } from "./check-file.js";

/**
 * Check files against the public keys that their repository has published (`isosops org publish`), if any. Each
 * repository is read once. Throws as `readPublished` does.
 */
export function keyChecker(): (checked: Checked, file: string) => Promise<Checked> {
  const known = new Map<string, Promise<KeyringState | undefined>>();
  return async (checked, file) => {
    const repository = checked.metadata === undefined ? undefined : repositoryOf(file);
    if (repository === undefined) return checked;
    let keys = known.get(repository);
    if (keys === undefined) {
      keys = readKeys(repository);
      known.set(repository, keys);
    }
    const state = await keys;
    if (state === undefined) return checked;
    return { ...checked, findings: [...checked.findings, ...(await checkKeys(checked, state, file))] };
  };
}

async function readKeys(repository: string): Promise<KeyringState | undefined> {
  // Most repositories have none: load nothing for them.
  if (!existsSync(publishedPathIn(repository))) return undefined;
  const { readPublished } = await import("../../keyring/published-file.js");
  const { compareHistories, publishedState } = await import("@isosops/gitops");
  const published = await readPublished(repository);
  if (published === undefined) return undefined;
  const own = await readKeyring();
  if (own === undefined) return publishedState(published.history);
  // The published file may predate a rotation, and name a key that is destroyed by now.
  const { organisationId, history: events } = own;
  return compareHistories({ organisationId, events }, published.history).kind === "current"
    ? own
    : publishedState(published.history);
}

/** The keyring on this machine. Undefined if there is none, or it cannot be read. */
async function readKeyring(): Promise<KeyringState | undefined> {
  const { GitopsError } = await import("@isosops/gitops");
  const { fileStorage } = await import("../../keyring/file-storage.js");
  const { keyringPath } = await import("../../keyring/keyring-path.js");
  try {
    return await fileStorage(keyringPath()).read();
  } catch (error) {
    if (error instanceof GitopsError || error instanceof CommandError) return undefined;
    throw error;
  }
}

async function checkKeys(
  { metadata, hasRule }: Checked,
  { current, previous, destroyed }: KeyringState,
  file: string,
): Promise<Finding[]> {
  const word = (await import("@isosops/gitops")).shellPath(showPath(file));
  const named = metadata!.keyGroups.flat().map(({ fields }) => fields.get("recipient"));
  const findings: Finding[] = [];
  const add = (rule: FindingRule, level: FindingLevel, message: string): void => {
    findings.push({ rule, level, message, path: undefined, region: undefined });
  };
  const now = current.recipient;
  const isCurrent = named.includes(now);
  const hasOthers = metadata!.keyGroups.flat().some(({ type }) => type !== "age");
  for (const former of destroyed.filter((recipient) => named.includes(recipient))) {
    // Keys of other types open it still.
    if (isCurrent || hasOthers) {
      const how = `Remove it: \`sops rotate -i --rm-age ${former} ${word}\`.`;
      add(
        "extra-recipient",
        "warning",
        `${former} opens the file, a former key of the organisation that was destroyed. ${how}`,
      );
    } else {
      const how = "Take a version that was re-encrypted before (`git log`), or encrypt its plain text again.";
      add(
        "extra-recipient",
        "error",
        `The file is encrypted for ${former}, a former key of the organisation that was destroyed; its key is ${now} now. ${how}`,
      );
    }
  }
  if (isCurrent || findings.length > 0) return findings;
  if (previous !== null && named.includes(previous.recipient)) {
    const how = `Re-encrypt it before the rotation is confirmed: \`isosops org reencrypt ${word}\`.`;
    add(
      "missing-recipient",
      "warning",
      `The file is encrypted for ${previous.recipient}, which ${now} takes the place of. ${how}`,
    );
  } else if (!hasRule) {
    add(
      "missing-recipient",
      "warning",
      `The organisation's key ${now} does not open the file. If it is to, let somebody who can open it add it: \`sops rotate -i --add-age ${now} ${word}\`.`,
    );
  }
  return findings;
}
