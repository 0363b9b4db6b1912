import type { Identity, Recipient } from "./recipient.js";

/*
 * Most files only need X25519, and the code of the other key types is several times its size. So keys are checked when
 * they are parsed, and the code is loaded when a file needs it.
 */

/** A recipient whose code is loaded on first use. */
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
 * An identity whose code is loaded when a file has a stanza of one of these types, or of any type if `types` is
 * undefined.
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
