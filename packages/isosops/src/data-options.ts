import type { DataOptions } from "@isosops/core";
import type { OptionChecks } from "./options.js";

export const dataChecks: OptionChecks<DataOptions> = {
  integers: ["exact", "number", "bigint", "string"],
  dates: ["date", "string"],
};
