import { basename } from "node:path";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { failure } from "./failure.js";

/** Refuse to write over a file that is read: the result would be made of its own beginning. */
export function checkOutput(output: string | undefined, inputs: readonly (string | undefined)[]): void {
  if (output === undefined || output === "-") return;
  for (const input of inputs) {
    if (input !== undefined && input !== "-" && resolve(input) === resolve(output)) {
      throw failure(`${basename(output)} is read and cannot be written too: give another --output.`);
    }
  }
}
