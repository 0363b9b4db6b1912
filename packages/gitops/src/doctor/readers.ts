import type { Metadata } from "@isosops/core";
import { shellPath } from "@isosops/core/verify";
import { describeReaders, otherKeysOf, recipientsOf } from "../recipients.js";
import type { DoctorFinding } from "./finding.js";
import type { DoctorContext, HeldKey, KnownKeys } from "./known-keys.js";
import { type Parsed, placeIn } from "./sample.js";

/** Checks for whom a file is encrypted, by the public keys in it. */
export function checkReaders(
  sample: Parsed & { readonly metadata: Metadata },
  context: DoctorContext,
): DoctorFinding[] {
  const finding =
    context.keys === undefined ? checkAtHand(sample, context) : checkOrganisation(sample, context.keys, context.held);
  return finding === undefined ? [] : [finding];
}

function checkOrganisation(
  sample: Parsed & { readonly metadata: Metadata },
  { recipient, previousRecipient, destroyed }: KnownKeys,
  held: readonly HeldKey[],
): DoctorFinding | undefined {
  const { topic, name, metadata, item } = sample;
  const recipients = recipientsOf(metadata);
  if (recipients.includes(recipient)) return undefined;
  const readers = describeReaders(metadata);
  const place = placeIn(sample);
  // Text in Base64 is not a file.
  const ofFile = sample.line === undefined ? ` ${shellPath(sample.path)}` : "";
  if (previousRecipient !== undefined && recipients.includes(previousRecipient)) {
    return {
      topic,
      rule: "previous-key",
      level: "warning",
      message: `${name} is encrypted for ${previousRecipient}, which ${recipient} is replacing. Once the rotation is confirmed, the old key no longer opens it.`,
      remedy: `Re-encrypt it: \`isosops org reencrypt ${shellPath(sample.path)}\`.`,
      ...place,
    };
  }
  const old = recipients.find((one) => destroyed.has(one));
  const how = old === undefined ? undefined : destroyed.get(old);
  if (how !== undefined) {
    const others = [...recipients.filter((one) => !destroyed.has(one)), ...otherKeysOf(metadata)];
    const opens =
      others.length === 0
        ? "No key that is kept opens it"
        : `Of those that are named in it, ${others.join(" and ")} may open it still`;
    return {
      topic,
      rule: "destroyed-key",
      level: "error",
      message: `${name} is encrypted for ${old}, a former key of this organisation that was destroyed${how}; the organisation's key is ${recipient} now. ${opens}.`,
      remedy:
        others.length === 0
          ? "Restore a version that was re-encrypted: look for one with `git log`. Else its values are lost, unless somebody has them elsewhere: set new ones, and encrypt the file."
          : `Let ${others.join(" or ")} put the key in the place of the old one: \`sops rotate -i --add-age ${recipient} --rm-age ${old}${ofFile}\`${ofFile === "" ? " with what stands in Base64, in a file" : ""}.`,
      ...place,
    };
  }
  if (otherKeysOf(metadata).length > 0) {
    return {
      topic,
      rule: "foreign-key",
      level: "note",
      message: `${name} is encrypted for ${readers}, and the organisation's key ${recipient} does not open it. Whether the other keys do was not tried.`,
      remedy: `If the organisation is to open it, let somebody who can open it add its key: \`sops rotate -i --add-age ${recipient}${ofFile}\`.`,
      ...place,
    };
  }
  // A file that no cluster file names may be somebody's own.
  const isOwn = held.some((key) => recipients.includes(key.recipient));
  return {
    topic,
    rule: "foreign-key",
    level: item !== undefined ? "error" : isOwn ? "note" : "warning",
    message: `${name} is encrypted for ${readers}, and the organisation's key is ${recipient}: it belongs to another organisation, or to a key that this keyring has never had.`,
    remedy: `Let somebody who can open it add this key (\`sops rotate -i --add-age ${recipient}${ofFile}\`), or decrypt it there and encrypt it here.`,
    ...place,
  };
}

/** Without a keyring, as within a cluster, the available private keys count. */
function checkAtHand(
  sample: Parsed & { readonly metadata: Metadata },
  { held, hasUntried }: DoctorContext,
): DoctorFinding | undefined {
  const recipients = recipientsOf(sample.metadata);
  if (held.length === 0 || held.some(({ recipient }) => recipients.includes(recipient))) return undefined;
  const ours = held.map(({ recipient }) => recipient).join(" and ");
  const others = otherKeysOf(sample.metadata).length > 0;
  const untried = others
    ? " Whether the keys of other types open it was not tried."
    : hasUntried
      ? " There are others that were not tried, since they may ask for something."
      : "";
  return {
    topic: sample.topic,
    rule: "no-key",
    level: hasUntried || others ? "note" : "error",
    message: `${sample.name} is encrypted for ${describeReaders(sample.metadata)}, and the private keys here are those of ${ours}.${untried}`,
    remedy:
      "Within a cluster, give it the organisation's key again, from where the keyring is: `isosops cluster argocd --only key | kubectl apply --server-side --field-manager isosops -f -`, or for Flux `isosops cluster flux | kubectl apply --server-side --field-manager isosops -f -`. Elsewhere, get the private key, or let somebody who can open the file add yours.",
    ...placeIn(sample),
  };
}
