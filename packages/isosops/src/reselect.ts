import { open, type SelectOptions } from "@isosops/core";
import { type Reselected, reselect as reselectOpened } from "@isosops/core/select";
import { checkArguments, reselectNames } from "./options.js";
import { type OpeningOptions, recovery } from "./recovery.js";
import { withSource } from "./source.js";
import { type CommonOptions, layout, stores } from "./stores.js";

export interface ReselectOptions extends Omit<CommonOptions, "outputFormat">, SelectOptions, OpeningOptions {
  /** What is to be plain from now on, by selectors. */
  deselect?: readonly string[] | undefined;
  /** Take the file even where its MAC is missing or wrong, and give it a right one. */
  ignoreMac?: boolean | undefined;
  /** As in `encrypt`, in layout `sops`. */
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
  return reselectOpened(file, { store, ...layout(options), select, deselect, allowExtra, allowUnmatched, allowLoss });
}
