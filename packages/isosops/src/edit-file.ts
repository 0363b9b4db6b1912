import { type OpenedToEdit, openToEdit as openWith } from "@isosops/core/edit";
import { checkArguments, isFlag, type OptionChecks } from "./options.js";
import { type OpeningOptions, openingChecks, recovery } from "./recovery.js";
import { withSource } from "./source.js";
import { type OutputOptions, outputChecks, type SourceOptions, sourceChecks, stores } from "./stores.js";

/** Options of `openToEdit`. */
export type OpenToEditOptions = SourceOptions &
  OutputOptions &
  OpeningOptions & {
    /** Continue even if the MAC is missing or wrong. */
    ignoreMac?: boolean | undefined;
    /** Like in `encrypt`. */
    allowLoss?: boolean | undefined;
    /** Include the `sops` block in the plain file, so that its rule can be edited, and recipients removed. */
    showMasterKeys?: boolean | undefined;
  };

const checks: OptionChecks<OpenToEditOptions> = {
  ...sourceChecks,
  ...outputChecks,
  ...openingChecks,
  ignoreMac: isFlag,
  allowLoss: isFlag,
  showMasterKeys: isFlag,
};

/** See `on-demand.ts`. */
export async function openToEdit(source: string | Uint8Array, options: OpenToEditOptions): Promise<OpenedToEdit> {
  checkArguments(source, options, checks);
  const { layout, indent, filename, ignoreMac, allowLoss, showMasterKeys } = options;
  const opening = {
    ...(await stores(options)),
    ...recovery(options),
    layout,
    indent,
    filename,
    ignoreMac,
    allowLoss,
    showMasterKeys,
  };
  return withSource(source, (read) => openWith(read, opening));
}
