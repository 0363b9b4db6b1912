import { basename } from "node:path";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { failure } from "./failure.js";

/** Refuse to overwrite a file that is also an input. */
export function checkOutput(output: string | undefined, inputs: readonly (string | undefined)[]): void {
  if (output === undefined || output === "-") return;
  for (const input of inputs) {
    if (input !== undefined && input !== "-" && resolve(input) === resolve(output)) {
      throw failure(`${basename(output)} is also an input: give another --output.`);
    }
  }
}
