import { repositoryOf } from "../../../git/find-repository.js";
import { openNewest, openOrganisation } from "../../../keyring/open-organisation.js";
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
  const organisation = force === true ? await openOrganisation() : await openNewest(paths);
  await publish(organisation, [...repositories], { make: true, force });
}
