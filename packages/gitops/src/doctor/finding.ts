/** The subject of a finding, in the order in which one looks for a cause. */
export type DoctorTopic = "keyring" | "cluster" | "files" | "environment";

/**
 * `error`: something cannot be decrypted, or is in plain text although it is marked for encryption. `warning`: it may
 * be intended. `note`: worth knowing. `ok`: checked, without a problem.
 */
export type DoctorLevel = "ok" | "note" | "warning" | "error";

/** A problem, or that there is none. Contains no value of a file and no private key. */
export interface DoctorFinding {
  readonly topic: DoctorTopic;
  /** A name in {@link doctorRules}. */
  readonly rule: string;
  readonly level: DoctorLevel;
  readonly message: string;
  /** What to do; undefined if there is nothing to do, or the message says it. */
  readonly remedy?: string | undefined;
  readonly file?: string | undefined;
  /** 1-based. */
  readonly line?: number | undefined;
}

/** The rules of findings, and what each means if it is not `ok`. Names do not change between versions. */
export const doctorRules: Readonly<Record<string, string>> = {
  keyring: "There is no keyring, or it cannot be read.",
  "keyring-mode": "Other users may read the keyring.",
  "keyring-lock": "A process holds the keyring, or has left it locked.",
  "keyring-opening": "The private keys of the keyring cannot be opened.",
  "keyring-pair": "A private key of the keyring does not belong to its public key.",
  "published-keys": "The repository publishes other keys than the keyring has: one of them is old, forked or changed.",
  disabled: "Encryption is disabled in the organisation.",
  rotation: "A rotation is under way.",
  decryption: "The cluster file does not enable decryption, although files are encrypted.",
  "cluster-file": "A cluster file, or something that it names, cannot be read.",
  "cluster-key": "The cluster may be without the key.",
  marks: "The encrypted values are not those that are marked for encryption.",
  "key-name": "A value is in plain text, and its key's name is similar to one that is marked for encryption.",
  unlisted: "A value that looks like a secret, or is in a Secret, is in plain text and not marked.",
  "private-key": "A private key of age is in plain text.",
  "destroyed-key": "A file is encrypted for a key of the organisation that was destroyed.",
  "previous-key": "A file is encrypted for the key that is being replaced.",
  "foreign-key": "A file is encrypted for somebody else.",
  "no-key": "None of the private keys at hand opens a file.",
  undecryptable: "A file cannot be decrypted, though the key fits.",
  damaged: "A file is damaged.",
  configuration: "A creation rule of sops encrypts new files for somebody else.",
  files: "Which files were checked, or could not be.",
  identities: "A variable gives no private key.",
  "identity-mode": "Other users may read a file with private keys.",
  "stale-identity": "A private key is kept that the organisation has destroyed.",
};

/** More findings of a kind in a file do not help. */
export const mostShown = 10;

/** The first findings of a kind in a file, and the number of the others. */
export function firstOf<Item>(
  items: readonly Item[],
  what: string,
  describe: (item: Item) => DoctorFinding,
): DoctorFinding[] {
  const first = items.slice(0, mostShown).map(describe);
  const more = items.length - first.length;
  const last = first.at(-1);
  if (more === 0 || last === undefined) return first;
  const { topic, rule, level, file } = last;
  return [...first, { topic, rule, level, file, message: `And ${more} more ${what}.` }];
}
