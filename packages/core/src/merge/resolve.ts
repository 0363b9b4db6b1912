import { editValues } from "../edit/edit.js";
import type { Path } from "../edit/parse-path.js";
import { SopsError } from "../errors.js";
import type { RecoverOptions } from "../keysource.js";
import type { Metadata } from "../metadata.js";
import type { Document, Store } from "../store.js";
import { toText } from "../text.js";
import type { Comment, Leaf, Node } from "../tree.js";
import { leavesOf } from "../tree.js";
import { isPlain, unsealTree } from "../unseal.js";
import { walk } from "../walk.js";
import { write } from "../write.js";
import { differencesOf, type VersionDifference } from "./differences.js";
import { type ConflictedText, choose, noMac, readMarkers } from "./markers.js";
import { withTheirMac } from "./merge.js";
import { joinKnown, sealMerged } from "./seal-merged.js";
import { type EncryptedSide, openSide, type SideOptions } from "./side.js";

/** What to take for a conflict: a version, or another value. */
export type Choice = "ours" | "theirs" | { readonly value: Node };

/** A conflict in a file. */
export interface OpenConflict {
  /** 1-based line of its first marker. */
  readonly line: number;
  /** What differs. Computed on first access, which throws the errors of `decrypt` if that part of a version cannot be read. */
  readonly differences: readonly VersionDifference[];
}

/** Options of {@link openConflicts}. */
export interface OpenConflictsOptions extends RecoverOptions {
  readonly store: Store;
  /** Used in error messages. */
  readonly filename?: string | undefined;
}

/** An encrypted file with conflict markers. */
export interface OpenedConflicts {
  readonly conflicts: readonly OpenConflict[];
  /**
   * Puts an end to the conflicts, and returns the encrypted file.
   *
   * @param choices One for each conflict. Another value than those of the versions is for conflicts about a single value.
   * @throws {SopsError} `invalid_option` if a choice is missing, has a value for a conflict that is about several, or
   * separates a value from the comment that marks it for encryption.
   */
  resolve(choices: readonly Choice[]): Promise<{ readonly text: string; readonly metadata: Metadata }>;
}

/**
 * Opens an encrypted file with the conflict markers of a merge. Both versions, as a whole, have a MAC of their own, which is
 * verified.
 *
 * @throws {SopsError} `syntax` if there are no such markers; the errors of `decrypt`.
 */
export async function openConflicts(
  source: string | Uint8Array,
  options: OpenConflictsOptions,
): Promise<OpenedConflicts> {
  const { store, filename } = options;
  const conflicted = readMarkers(toText(source, filename));
  if (conflicted.theirMac === noMac) return openUnmerged(conflicted, options);
  const sideOptions: SideOptions = { store, filename, recovery: options };
  const open = async (text: string, opened: readonly EncryptedSide[]) =>
    (await openSide(text, sideOptions, opened)) as EncryptedSide;
  const oursText = choose(conflicted, () => "ours");
  const ours = await open(oursText, []);
  const theirs = await open(
    withTheirMac(
      choose(conflicted, () => "theirs"),
      conflicted.theirMac,
      store,
    ),
    [ours],
  );
  const parts = conflicted.parts.filter((part) => typeof part !== "string");
  const key = ours.key!;
  /** A text with some of the versions: its values are authenticated one by one, and as a whole by the two MACs. */
  const mixed = (side: (index: number) => "ours" | "theirs") => choose(conflicted, (_, index) => side(index));
  // Each difference takes a look at the whole file, so nobody waits for those that are not asked for.
  const conflicts = parts.map(({ line }, index): OpenConflict => {
    let differences: readonly VersionDifference[] | undefined;
    const branchesOf = (side: "ours" | "theirs") => unsealed(mixed((at) => (at === index ? side : "ours"))).branches;
    return {
      line,
      get differences() {
        differences ??= differencesOf(branchesOf("ours"), branchesOf("theirs"));
        return differences;
      },
    };
  });

  /** Checks that the rule encrypts what is encrypted: a comment that it depends on may be of the other version. */
  function checkRule({ branches }: Document): void {
    const known = [ours, theirs].flatMap((side) => [...side.known.ciphertexts.values()].flat());
    const ciphertexts = new Set<unknown>(known.map(({ ciphertext }) => ciphertext));
    const check = ({ text }: Leaf | Comment, encrypted: boolean): void => {
      if (!encrypted && ciphertexts.has(text)) throw tornRule();
    };
    walk(branches, ours.rule, {
      leaf(leaf, encrypted) {
        if (encrypted && isPlain(leaf)) throw tornRule();
        check(leaf, encrypted);
        return undefined;
      },
      comment: check,
      carried: ({ leaf }, encrypted) => check(leaf, encrypted),
    });
  }

  function unsealed(text: string): Document {
    const document = store.parse(text);
    unsealTree(document, {
      cipher: key.cipher,
      rule: ours.rule,
      macOnlyEncrypted: ours.metadata.macOnlyEncrypted,
      filename,
    });
    return document;
  }

  return {
    conflicts,
    async resolve(choices) {
      if (choices.length !== parts.length) {
        throw new SopsError(
          "invalid_option",
          `The file has ${parts.length} conflicts: give a choice for each of them.`,
        );
      }
      const typed = choices.map((choice, index) =>
        typeof choice === "object" ? pathOf(conflicts[index]!) : undefined,
      );
      const text = mixed((index) => (choices[index] === "theirs" ? "theirs" : "ours"));
      checkRule(store.parse(text));
      const document = unsealed(text);
      const plain = write(store, { ...document, metadata: undefined }, { layout: "preserve" });
      const shown = typeof plain === "string" ? store.parse(plain) : store.plain!.parse(plain);
      const sealed = await sealMerged(
        { text: plain, isReformatted: false },
        {
          store,
          cipher: key.cipher,
          rule: ours.rule,
          metadata: ours.metadata,
          ours,
          known: joinKnown([ours.known, theirs.known]),
          wanted: shown.branches,
        },
      );
      const edits = choices.flatMap((choice, index) =>
        typeof choice === "object" ? [{ kind: "set" as const, path: typed[index]!, value: choice.value }] : [],
      );
      if (edits.length === 0) return { text: sealed.text, metadata: sealed.metadata };
      const edited = await editValues(sealed.text, edits, { ...options, dataKey: key.dataKey });
      return { text: edited.text, metadata: edited.metadata };
    },
  };
}

/** Opens versions that could not be merged: each is whole, with its own MAC, and is verified once it is taken. */
function openUnmerged(
  conflicted: ConflictedText,
  { store, filename, ...recovery }: OpenConflictsOptions,
): OpenedConflicts {
  const conflicts = conflicted.parts.flatMap((part) =>
    typeof part === "string" ? [] : [{ line: part.line, differences: [] }],
  );
  return {
    conflicts,
    async resolve(choices) {
      const [choice] = choices;
      if (
        choices.length !== conflicts.length ||
        !choices.every((one) => one === choice) ||
        typeof choice !== "string"
      ) {
        throw new SopsError(
          "invalid_option",
          "The two versions could not be merged: take one of them as a whole, ours or theirs.",
        );
      }
      const text = choose(conflicted, () => choice);
      const side = await openSide(text, { store, filename, recovery }, []);
      if (side.metadata === undefined) throw new SopsError("not_encrypted", "The version is not encrypted.");
      return { text, metadata: side.metadata };
    },
  };
}

function tornRule(): SopsError {
  return new SopsError(
    "invalid_option",
    "The file's rule does not fit this mixture: a comment that marks a value for encryption is of one version, and the value of the other. Take the same version of both.",
  );
}

function pathOf({ differences, line }: OpenConflict): Path {
  const [only, ...others] = differences;
  if (
    only === undefined ||
    others.length > 0 ||
    leavesOf([only.ours, only.theirs].filter((node) => node !== undefined)).length > 2
  ) {
    throw new SopsError(
      "invalid_option",
      `The conflict at line ${line} is about several values: take one version as it is, and change it afterwards.`,
    );
  }
  const [document] = only.path;
  if (typeof document !== "number") return only.path;
  // Documents are numbered if there are several.
  if (document === 0) return only.path.slice(1);
  throw new SopsError(
    "invalid_option",
    `The conflict at line ${line} is not in the first document of the file: take one version as it is, and change it afterwards.`,
  );
}
