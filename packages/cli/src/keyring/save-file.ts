import { resolve } from "node:path";
import { saving } from "@isosops/gitops";
import { CommandError } from "../command-error.js";
import { exitCodes } from "../exit-codes.js";
import { writeFileWhole } from "../write-file.js";
import { openOrganisation, organisationFiles } from "./open-organisation.js";

/** See `writeEncrypted`. */
export async function saveFile(path: string, bytes: Uint8Array, before: Uint8Array | undefined): Promise<void> {
  await saving(await openOrganisation(), resolve(path), new TextDecoder().decode(bytes), async () => {
    if (before === undefined) return writeFileWhole(path, bytes);
    if (await organisationFiles().replace(path, before, bytes)) return;
    throw new CommandError(
      exitCodes.writeOutput,
      `${path}: somebody else has changed the file meanwhile, so it was left as it is. Do the same again.`,
    );
  });
}
