import { type KeyGroup, type MasterKey, SopsError } from "@isosops/core";
import { type Rewrapped, renewDataKey, rewrap } from "@isosops/core/rewrap";
import { type AgeRecipient, ageWrapper } from "./age.js";
import { changeReadersNames, checkArguments } from "./options.js";
import { type OpeningOptions, recovery } from "./recovery.js";
import { withSource } from "./source.js";
import { type CommonOptions, stores } from "./stores.js";

/** Options of `changeReaders`. */
export interface ChangeReadersOptions extends Pick<CommonOptions, "format" | "filename">, OpeningOptions {
  /** Recipients to add. */
  add?: readonly AgeRecipient[] | undefined;
  /** Recipients to remove. Those that the file does not have are ignored. */
  remove?: readonly AgeRecipient[] | undefined;
  /**
   * Encrypt all values again under a new data key, like `sops rotate`: the removed recipients may have kept the old
   * one. Without it, data key and ciphertexts stay, like with `sops updatekeys`. Requires `readers`.
   */
  newDataKey?: boolean | undefined;
  /**
   * With `newDataKey`: all recipients that the file may be encrypted to, such as those of its rule in `.sops.yaml`,
   * besides `add`. A file does not authenticate its recipients: anyone who can write to it can insert one, with the
   * `enc` of another, which would then get the new data key. A recipient of the file that is not listed here is an
   * error (`unknown_recipient`).
   */
  readers?: readonly AgeRecipient[] | undefined;
}

/** See `on-demand.ts`. */
export async function changeReaders(source: string | Uint8Array, options: ChangeReadersOptions): Promise<Rewrapped> {
  checkArguments(source, options, changeReadersNames);
  const { filename, newDataKey = false, add = [], remove = [] } = options;
  const known = newDataKey ? knownReaders(options) : undefined;
  const { store } = await stores(options);
  const opening = { store, ...recovery(options), filename };
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
  const wrappers = (groups: readonly KeyGroup[]) => {
    const changes = change(groups).map(({ keep, come }) => ({ keep: keep.map(ageRecipientOf), come }));
    checkKnown(
      changes.flatMap(({ keep }) => keep),
      known!,
    );
    return changes.map(({ keep, come }) => [ageWrapper([...keep, ...come])]);
  };
  return withSource(source, (read) => renewDataKey(read, { ...opening, wrappers }));
}

/** @throws {SopsError} `invalid_option`. */
function knownReaders({ readers, add = [] }: ChangeReadersOptions): ReadonlySet<string> {
  if (!Array.isArray(readers) || !readers.every((reader) => typeof reader === "string")) {
    throw new SopsError(
      "invalid_option",
      "`newDataKey` needs `readers`, a list of the age public keys that the file may be encrypted to: a file can name anyone as its reader.",
    );
  }
  return new Set([...readers, ...add].map((reader) => reader.trim()));
}

/** @throws {SopsError} `unknown_recipient`. */
function checkKnown(recipients: readonly string[], known: ReadonlySet<string>): void {
  const unknown = [...new Set(recipients.map((recipient) => recipient.trim()))].filter((one) => !known.has(one));
  if (unknown.length === 0) return;
  throw new SopsError(
    "unknown_recipient",
    `The file names ${unknown.map(show).join(" and ")} as a reader, but the configuration does not. Anyone who can write to a file can insert a reader, which would get its new data key. If it is intended, add it to the file's rule in \`.sops.yaml\`, or allow it (\`readers\`, \`--allow-recipient\`); otherwise remove its entry from the \`sops\` block.`,
  );
}

/** Shows a recipient only if it is certainly public. */
function show(recipient: string): string {
  if (!/^(?:age1|ssh-)/.test(recipient)) return "an invalid recipient";
  return recipient.length > 120 ? `${recipient.slice(0, 120)}...` : recipient;
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
