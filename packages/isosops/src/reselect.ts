import { open, type SelectOptions } from "@isosops/core";
import { type Reselected, reselect as reselectOpened } from "@isosops/core/select";
import { checkArguments, reselectNames } from "./options.js";
import { type OpeningOptions, recovery } from "./recovery.js";
import { withSource } from "./source.js";
import { type CommonOptions, layoutOptions, stores } from "./stores.js";

/** Options of `reselect`. */
export interface ReselectOptions extends Omit<CommonOptions, "outputFormat">, SelectOptions, OpeningOptions {
  /** Selectors of values to leave in plain text from now on. */
  deselect?: readonly string[] | undefined;
  /** Accept the file even if its MAC is missing or wrong, and give it a valid one. */
  ignoreMac?: boolean | undefined;
  /** Like in `encrypt`, in the layout `sops`. */
  allowLoss?: boolean | undefined;
}

/** See `on-demand.ts`. */
export async function reselect(source: string | Uint8Array, options: ReselectOptions): Promise<Reselected> {
  checkArguments(source, options, reselectNames);
  const { store } = await stores(options);
  const { ignoreMac, filename } = options;
  const opening = { store, ...recovery(options), ignoreMac, filename };
  const file = await withSource(source, (read) => open(read, opening));
  const { select, deselect, allowExtra, allowUnmatched, allowLoss } = options;
  return reselectOpened(file, {
    store,
    ...layoutOptions(options),
    select,
    deselect,
    allowExtra,
    allowUnmatched,
    allowLoss,
  });
}
