import { AgeError } from "./error.js";
import type { Stanza } from "./recipient.js";

/** The error for recipients with different labels, which are joined by spaces. */
export function incompatible(one: string, other: string): AgeError {
  const [first, second] = [one, other].map((labels) => labels.split(" ").includes("postquantum"));
  return new AgeError(
    "incompatible_recipients",
    first !== second
      ? "post-quantum and classic recipients cannot share a file, because a quantum computer could then open it; " +
          "use recipients of one kind"
      : "these recipients cannot share a file: a passphrase must be the only recipient, and a plugin may have its own rules",
  );
}

/** The error for a header that none of the identities matches. */
export function noMatch(stanzas: readonly Stanza[], tried: number): AgeError {
  const types = [...new Set(stanzas.map((stanza) => stanza.type))];
  // Types are visible ASCII, but may be of any length.
  const listed = types.slice(0, 8).map((type) => (type.length > 40 ? `${type.slice(0, 40)}...` : type));
  if (types.length > listed.length) listed.push("...");
  return new AgeError(
    "no_match",
    `none of the identities given (${tried}) matches the file, which has ${stanzas.length} ` +
      `recipient${stanzas.length === 1 ? "" : "s"} (${listed.join(", ")}); ` +
      "use the identity of one of them, or have the file encrypted to yours",
  );
}
