import { type KeyGroup, type MasterKey, SopsError } from "@isosops/core";
import { type Rewrapped, renewDataKey, rewrap } from "@isosops/core/rewrap";
import { type AgeIdentity, type AgeRecipient, ageSource, ageWrapper } from "./age.js";
import { changeReadersNames, checkArguments } from "./options.js";
import { withSource } from "./source.js";
import { type CommonOptions, stores } from "./stores.js";

export interface ChangeReadersOptions extends Pick<CommonOptions, "format" | "filename"> {
  /** As for `decrypt`: one that opens the file now. */
  identities: readonly AgeIdentity[];
  /** age public keys that are to open the file too. */
  add?: readonly AgeRecipient[] | undefined;
  /** age public keys that are to open it no more. Those that do not open it are passed over. */
  remove?: readonly AgeRecipient[] | undefined;
  /**
   * Encrypt all values again under a new data key, as `sops rotate` does: whoever could open the file may have kept its
   * data key. Without it, data key and ciphertexts stay, as with `sops updatekeys`.
   */
  newDataKey?: boolean | undefined;
}

/** See `on-demand.ts`. */
export async function changeReaders(source: string | Uint8Array, options: ChangeReadersOptions): Promise<Rewrapped> {
  checkArguments(source, options, changeReadersNames);
  const { filename, newDataKey = false, add = [], remove = [] } = options;
  const { store } = await stores(options);
  const opening = { store, keySources: [ageSource(options.identities)], filename };
  const isGoing = (key: MasterKey) => remove.includes(recipientOf(key) ?? "");
  const change = (groups: readonly KeyGroup[]) => {
    const someoneGoes = groups.some((group) => group.some(isGoing));
    return groups.map((group, index) => {
      const joins = someoneGoes ? group.some(isGoing) : index === 0;
      const present = group.map(recipientOf);
      return {
        keep: group.filter((key) => !isGoing(key)),
        come: joins ? add.filter((recipient) => !present.includes(recipient)) : [],
      };
    });
  };
  if (!newDataKey) {
    return withSource(source, (read) =>
      rewrap(read, {
        ...opening,
        change: (groups) => change(groups).map(({ keep, come }) => ({ keep, add: [ageWrapper(come)] })),
      }),
    );
  }
  const wrappers = (groups: readonly KeyGroup[]) =>
    change(groups).map(({ keep, come }) => [ageWrapper([...keep.map(ageRecipientOf), ...come])]);
  return withSource(source, (read) => renewDataKey(read, { ...opening, wrappers }));
}

function recipientOf({ type, fields }: MasterKey): string | undefined {
  const recipient = fields.get("recipient");
  return type === "age" && typeof recipient === "string" ? recipient : undefined;
}

function ageRecipientOf(key: MasterKey): string {
  const recipient = recipientOf(key);
  if (recipient !== undefined) return recipient;
  throw new SopsError(
    "unsupported",
    `The file can also be opened by a key of the type ${key.type}, for which a new data key cannot be wrapped here. Leave \`newDataKey\` out, or use sops.`,
  );
}
