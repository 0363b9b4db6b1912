import { placeOf } from "@isosops/core";
import { findPrivateKeys } from "../keyring/private-keys.js";
import { type DoctorFinding, firstOf } from "./finding.js";
import type { Sample } from "./sample.js";

/** Finds private keys in plain text. Once pushed, they are no longer secret. */
export async function checkPrivateKeys({ path, name, text, line, topic }: Sample): Promise<DoctorFinding[]> {
  return firstOf(await findPrivateKeys(text), `private keys in ${name}`, ({ recipient, start }) => ({
    topic,
    rule: "private-key",
    level: "error",
    message: `${name}: the private key of ${recipient} is here in plain text.`,
    remedy:
      "Remove it from the repository and from its history. Once it was pushed, others may have it: rotate the key (`isosops org rotate`, `isosops org reencrypt --new-data-keys .`, `isosops org confirm .`), and change what was encrypted for it.",
    file: path,
    line: line ?? placeOf(text, start).line,
  }));
}
