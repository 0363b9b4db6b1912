import { withFileName as naming } from "@isosops/node/internal/with-file-name";
import type { Invocation } from "../flags/invocation.js";
import { inputName } from "./input.js";

/** Run `work`, and prefix the message of a `SopsError` with the input's name unless it has it. */
export function withFileName<Result>(invocation: Invocation, work: () => Promise<Result>): Promise<Result> {
  return naming(inputName(invocation), work);
}
