/**
 * What is fuzzed. A target is `{ run(input), seeds(), words }`: `run` takes bytes and rejects where something is wrong that
 * must not be, whatever the bytes are.
 */
import { age, ageArmor } from "./age.js";
import { decryptTargets } from "./decrypt.js";
import { http } from "./http.js";
import { parseTargets } from "./parse.js";
import { roundTripTargets } from "./round-trip.js";
import { set } from "./set.js";

export const targets = {
  ...parseTargets,
  ...roundTripTargets,
  ...decryptTargets,
  set,
  "age-file": age,
  "age-armor": ageArmor,
  http,
};
