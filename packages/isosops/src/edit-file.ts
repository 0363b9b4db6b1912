import { type OpenedToEdit, openToEdit as openWith } from "@isosops/core/edit";
import { checkArguments, openToEditNames } from "./options.js";
import { type OpeningOptions, recovery } from "./recovery.js";
import { withSource } from "./source.js";
import { type CommonOptions, layoutOptions, stores } from "./stores.js";

/** Options of `openToEdit`. */
export interface OpenToEditOptions extends CommonOptions, OpeningOptions {
  /** Continue even if the MAC is missing or wrong. */
  ignoreMac?: boolean | undefined;
  /** Like in `encrypt`. */
  allowLoss?: boolean | undefined;
  /** Include the `sops` block in the plain file, so that its rule can be edited, and recipients removed. */
  showMasterKeys?: boolean | undefined;
}

/** See `on-demand.ts`. */
export async function openToEdit(source: string | Uint8Array, options: OpenToEditOptions): Promise<OpenedToEdit> {
  checkArguments(source, options, openToEditNames);
  const { ignoreMac, allowLoss, showMasterKeys } = options;
  const opening = {
    ...(await stores(options)),
    ...layoutOptions(options),
    ...recovery(options),
    ignoreMac,
    allowLoss,
    showMasterKeys,
  };
  return withSource(source, (read) => openWith(read, opening));
}
