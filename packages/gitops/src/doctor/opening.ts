import { type Decrypted, type Metadata, SopsError } from "@isosops/core";
import { shellPath } from "@isosops/core/verify";
import { decrypt } from "isosops";
import { recipientsOf } from "../recipients.js";
import type { DoctorFinding } from "./finding.js";
import type { DoctorContext } from "./known-keys.js";
import { type Parsed, placeIn } from "./sample.js";

/** A file that was decrypted as a test. */
export interface Opened {
  /** Undefined if none of the private keys is for it, or decryption failed. */
  readonly plain: Decrypted | undefined;
  readonly findings: readonly DoctorFinding[];
}

/** Decrypts a file if it names one of the private keys, to find what only decryption shows, such as a wrong MAC. */
export async function checkOpening(
  sample: Parsed & { readonly metadata: Metadata },
  { held }: DoctorContext,
): Promise<Opened> {
  const recipients = recipientsOf(sample.metadata);
  const fitting = held.filter(({ recipient }) => recipients.includes(recipient));
  if (fitting.length === 0) return { plain: undefined, findings: [] };
  try {
    const identities = fitting.map(({ identity }) => identity);
    const plain = await decrypt(sample.text, { format: sample.format, filename: sample.path, identities });
    return { plain, findings: [] };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const finding: DoctorFinding = {
      topic: sample.topic,
      rule: "undecryptable",
      level: "error",
      message: `${sample.name} cannot be decrypted, though the private key of ${fitting[0]!.recipient} is at hand: ${error.message.split("\n", 1)[0]}`,
      remedy: remedyFor(error, sample),
      ...placeIn(sample),
      ...(sample.line === undefined && error.line !== undefined ? { line: error.line } : {}),
    };
    return { plain: undefined, findings: [finding] };
  }
}

function remedyFor({ code, message }: SopsError, { path, line }: Parsed): string {
  // Text in Base64 has no versions of its own.
  const what = line === undefined ? "the file" : "it";
  const restore = "Restore a version that opens: look for one with `git log`.";
  const isEdited = /^mac_/.test(code) || (code === "malformed_value" && message.includes("isosops repair"));
  if (!isEdited) return `${restore} \`isosops repair ${shellPath(path)}\` names the last one.`;
  return `Somebody has changed values by hand, or merged them. See what has changed, and where it is meant, let ${what} be sealed again: \`isosops repair ${shellPath(path)}\`. Else restore a version that opens: look for one with \`git log\`.`;
}
