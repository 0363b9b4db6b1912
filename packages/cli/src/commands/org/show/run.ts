import { initialized, show } from "@isosops/gitops";
import { openToRead } from "../../../keyring/open-organisation.js";
import { findPublished } from "../../../keyring/published-file.js";
import { publishedOrganisation } from "../../../keyring/published-organisation.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { writeStdout } from "../../../terminal/stdout.js";
import type { OrgJsonFlags } from "../shared-flags.js";
import { toJson, toText } from "./report.js";

/** `isosops org show`. */
export async function orgShow({ json }: OrgJsonFlags): Promise<void> {
  const organisation = await openToRead();
  const own = await show(organisation);
  const published = own === undefined ? await findPublished(["."]) : undefined;
  const info = published === undefined ? own : await show(publishedOrganisation(published));
  const { history = [] } = (await organisation.storage.read()) ?? {};
  const generation = (published?.history.events ?? history).length;
  if (json === true) {
    await writeStdout(`${JSON.stringify(toJson(info, own !== undefined, generation), undefined, 2)}\n`);
    if (info === undefined) process.exitCode = exitCodes.noKeyring;
    return;
  }
  if (info === undefined) initialized(undefined);
  await writeStdout(toText(info!, generation, published?.name));
}
