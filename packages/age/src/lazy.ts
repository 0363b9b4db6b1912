import type { Identity, Recipient } from "./recipient.js";

/*
 * Most files need X25519 only, and what the other kinds compute with is several times its size. So their keys are
 * checked when they are parsed, and the code is loaded when a file has a stanza for it.
 */

/** A recipient whose code is loaded when it is first encrypted to. */
export function lazyRecipient(load: () => Promise<Recipient>): Recipient {
  let loaded: Promise<Recipient> | undefined;
  return {
    async wrapFileKey(fileKey) {
      loaded ??= load();
      return (await loaded).wrapFileKey(fileKey);
    },
  };
}

/**
 * An identity whose code is loaded when a file has a stanza of one of these types; of any, where the types are not
 * known.
 */
export function lazyIdentity(
  types: readonly string[] | undefined,
  load: () => Promise<Identity>,
  interactive: boolean = false,
): Identity {
  let loaded: Promise<Identity> | undefined;
  return {
    interactive,
    unwrapFileKey(stanzas) {
      if (types !== undefined && !stanzas.some(({ type }) => types.includes(type))) return undefined;
      loaded ??= load();
      return loaded.then((identity) => identity.unwrapFileKey(stanzas));
    },
  };
}
