import { open, type SelectOptions } from "@isosops/core";
import { type Reselected, reselect as reselectOpened } from "@isosops/core/select";
import { selectChecks } from "./encrypt-options.js";
import { checkArguments, isFlag, isSelectors, type OptionChecks } from "./options.js";
import { type OpeningOptions, openingChecks, recovery } from "./recovery.js";
import { withSource } from "./source.js";
import { type OutputOptions, outputChecks, type SourceOptions, sourceChecks, sourceStore } from "./stores.js";

/** Options of `reselect`. */
export type ReselectOptions = SourceOptions &
  Pick<OutputOptions, "layout" | "indent"> &
  SelectOptions &
  OpeningOptions & {
    /** Selectors of values to leave in plain text from now on. */
    deselect?: readonly string[] | undefined;
    /** Accept the file even if its MAC is missing or wrong, and give it a valid one. */
    ignoreMac?: boolean | undefined;
    /** Like in `encrypt`, in the layout `sops`. */
    allowLoss?: boolean | undefined;
  };

const { layout: layoutCheck, indent: indentCheck } = outputChecks;

const checks: OptionChecks<ReselectOptions> = {
  ...sourceChecks,
  layout: layoutCheck,
  indent: indentCheck,
  ...selectChecks,
  ...openingChecks,
  deselect: isSelectors,
  ignoreMac: isFlag,
  allowLoss: isFlag,
};

/** See `on-demand.ts`. */
export async function reselect(source: string | Uint8Array, options: ReselectOptions): Promise<Reselected> {
  checkArguments(source, options, checks);
  const store = await sourceStore(options);
  const { layout, indent, ignoreMac, filename } = options;
  const opening = { store, ...recovery(options), ignoreMac, filename };
  const file = await withSource(source, (read) => open(read, opening));
  const { select, deselect, allowExtra, allowUnmatched, allowLoss } = options;
  return reselectOpened(file, {
    store,
    layout,
    indent,
    select,
    deselect,
    allowExtra,
    allowUnmatched,
    allowLoss,
  });
}
