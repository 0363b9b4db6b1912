import { SopsError } from "@isosops/core";

/** An error about a profile; a full stop is put behind. */
export function inProfile(name: string, problem: string): SopsError {
  return new SopsError("credentials", `the profile ${name} of AWS ${problem}.`);
}
