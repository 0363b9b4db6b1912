import { pgpSource } from "@isosops/keys/pgp";
import type { KeySource } from "isosops";

/** gpg and its agent, as the command has it. */
export function source(): KeySource {
  return pgpSource({ keyrings: false });
}
