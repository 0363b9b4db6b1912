import { repositoryOf } from "@isosops/git/internal/repository/find-repository";
import type { OrganisationOptions } from "@isosops/gitops";
import { openNewest, openOrganisation, problemOf } from "../../../keyring/open-organisation.js";
import { publish } from "../../../keyring/published-file.js";
import { CommandError } from "../../../program/command-error.js";
import { exitCodes } from "../../../program/exit-codes.js";
import type { OrgPublishFlags } from "./flags.js";

/** `isosops org publish`. */
export async function orgPublish(paths: readonly string[], { force }: OrgPublishFlags): Promise<void> {
  const repositories = new Set<string>();
  for (const path of paths.length > 0 ? paths : ["."]) {
    const repository = repositoryOf(path);
    if (repository !== undefined) repositories.add(repository);
    else
      throw new CommandError(exitCodes.noFile, `${path}: it is in no Git repository. Name one, or make it: git init`);
  }
  const organisation = force === true ? await openUnlessOld(paths) : await openNewest(paths);
  await publish(organisation, [...repositories], { make: true, force });
}

/**
 * By force, what the repository tells is replaced, unless it is known to be right: an old copy of the keyring must not make
 * the others take a destroyed key for the current one.
 */
async function openUnlessOld(paths: readonly string[]): Promise<OrganisationOptions> {
  const organisation = await openOrganisation();
  try {
    const problem = await problemOf(organisation, [".", ...paths], true);
    if (problem?.code === "old_keyring") throw problem;
  } catch (error) {
    // It cannot be read, and is replaced.
    if (!(error instanceof CommandError) || error.exitCode !== exitCodes.readInput) throw error;
  }
  return organisation;
}
