import { SopsError } from "@isosops/core";

/** Creates an error about a profile. `problem` has no full stop. */
export function inProfile(name: string, problem: string): SopsError {
  return new SopsError("credentials", `the profile ${name} of AWS ${problem}.`);
}
