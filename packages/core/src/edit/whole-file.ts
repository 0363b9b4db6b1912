import { groupsNeeded } from "../data-key.js";
import { SopsError } from "../errors.js";
import { textBytes, withJson } from "../json-form.js";
import type { MasterKey } from "../keysource.js";
import type { Metadata } from "../metadata.js";
import { parsePlain } from "../parse-plain.js";
import { readBlock } from "../read-block.js";
import { type OpenOptions, open } from "../reseal.js";
import { compileRule } from "../rule.js";
import type { Document, Layout, Store } from "../store.js";
import { toText } from "../text.js";
import type { Mapping } from "../tree.js";
import type { Unsealed } from "../unseal.js";
import { createWarnings, type Warning } from "../warning.js";
import { write } from "../write.js";
import type { Edited } from "./edit.js";
import { warnOfExposed } from "./exposed.js";
import { knownNodes } from "./known-nodes.js";
import { removedPart, withPart } from "./part.js";
import { type SealedEdit, sealAll, sealKeeping } from "./seal-edited.js";

/** Options of {@link openToEdit}. */
export interface OpenToEditOptions extends OpenOptions {
  /** Writes the plain text and the result. Default: `store`. */
  readonly outputStore?: Store | undefined;
  /** Default: `preserve`. */
  readonly layout?: Layout | undefined;
  /** Indent width of generated text. Default: that of the format. */
  readonly indent?: number | undefined;
  /** As in `encrypt`. */
  readonly allowLoss?: boolean | undefined;
  /**
   * Include the `sops` block in the plain text, so that its rule can be edited, and keys removed (`sops edit
   * --show-master-keys`).
   */
  readonly showMasterKeys?: boolean | undefined;
}

/** A file that was edited as a whole, encrypted. */
export interface EditedFile extends Edited {
  /** The number of encrypted values, as in `encrypt`. */
  readonly encryptedValues: number;
}

/** An encrypted file that is open to be edited as a whole, as in a text editor. */
export interface OpenedToEdit {
  /** The plain file: UTF-8, unless it is a binary file. */
  readonly bytes: Uint8Array;
  readonly metadata: Metadata;
  /** Warnings about the file before the edit. */
  readonly warnings: readonly Warning[];
  /**
   * Encrypts the edited plain file under the same data key. A value with the same path and content as before keeps its
   * ciphertext. May be called again, as after an error.
   *
   * @throws {SopsError} `syntax`, `unsupported` or `empty` if the edited file cannot be read; `already_encrypted` if it
   * has an entry `sops`; `not_encrypted`, `metadata`, `no_recipients` or `invalid_rule` if its `sops` block, where it is
   * shown, is gone or wrong; `stray_text`, `lossy` or `unwritable` as in `encrypt`.
   */
  seal(edited: string | Uint8Array): Promise<EditedFile>;
}

/**
 * Decrypts a file to be edited as a whole, like `sops edit` (cmd/sops/edit.go), and encrypts it again. In the layout
 * `preserve`, the formatting is that of the edited text, and the `sops` block stays where it was, with a new
 * `lastmodified` and `mac`.
 *
 * @throws {SopsError} `mac_mismatch`, `mac_missing`, and the other errors of `decrypt`.
 */
export async function openToEdit(source: string | Uint8Array, options: OpenToEditOptions): Promise<OpenedToEdit> {
  const { store, outputStore = store, layout = "preserve", indent, showMasterKeys = false, filename } = options;
  const file = await open(source, options);
  const isReformatted = layout === "sops" || outputStore !== store;
  // As in `decrypt`.
  if (isReformatted) for (const node of file.ciphertexts.keys()) if (node.kind === "comment") node.inline = false;
  const render = (metadata: Mapping | undefined) =>
    write(outputStore, { ...file.document, metadata }, { layout, indent });
  const shown = render(showMasterKeys ? file.document.metadata : undefined);
  const part =
    isReformatted || showMasterKeys || typeof shown !== "string"
      ? undefined
      : removedPart(render(file.document.metadata) as string, shown);
  const shownDocument = typeof shown === "string" ? outputStore.parse(shown, { layout }) : undefined;
  const known = knownNodes(file, shownDocument);

  async function read(edited: string | Uint8Array): Promise<Pick<Unsealed, "document" | "metadata">> {
    if (!showMasterKeys) {
      const document = parsePlain(edited, { store: outputStore, layout, filename });
      const placed = part === undefined ? undefined : withPart(document, shown as string, part, outputStore);
      return { document: placed ?? document, metadata: file.metadata };
    }
    const document = outputStore.parse(toText(edited, filename), { layout, filename });
    return { document, metadata: await readEditedBlock(document, file.metadata, outputStore) };
  }

  return {
    bytes: typeof shown === "string" ? textBytes(shown) : withJson(shown),
    metadata: file.metadata,
    warnings: file.warnings,
    async seal(edited) {
      const { document, metadata } = await read(edited);
      const changed = { ...file, document, metadata, rule: await compileRule(metadata.rule) };
      const kept = isReformatted ? undefined : await sealKeeping(changed, known, outputStore);
      const sealed = kept ?? (await sealAll(changed, known, options));
      return editedFile(sealed, warnOfExposed(file, sealed.opened));
    },
  };
}

function editedFile(
  { written: { text }, metadata, encrypted, warnings }: SealedEdit,
  exposed: readonly Warning[],
): EditedFile {
  let bytes: Uint8Array | undefined;
  return {
    text,
    metadata,
    changed: true,
    encryptedValues: encrypted.size,
    warnings: [...warnings, ...exposed],
    get bytes() {
      bytes ??= textBytes(text);
      return bytes;
    },
  };
}

/**
 * Reads the block of a text in which it was shown.
 *
 * @throws {SopsError} `not_encrypted`, `metadata`, `no_recipients`, `invalid_rule`.
 */
async function readEditedBlock(document: Document, before: Metadata, store: Store): Promise<Metadata> {
  if (document.metadata === undefined) {
    throw new SopsError(
      "not_encrypted",
      "The `sops` block is gone, and without it nobody could decrypt the file. Put it back.",
    );
  }
  const metadata = await readBlock(document, { store, warnings: createWarnings(document.source, []) });
  if (metadata.keyGroups.length === 0 || metadata.keyGroups.some((group) => group.length === 0)) {
    throw new SopsError(
      "no_recipients",
      "The `sops` block, or one of its key groups, has no recipients, so nobody could decrypt the file. Put one back.",
    );
  }
  const groupOf = new Map(
    before.keyGroups.flatMap((group, index) => group.map((key) => [wrappedKey(key), index] as const)),
  );
  const origins = metadata.keyGroups.map((group) => new Set(group.map((key) => groupOf.get(wrappedKey(key)))));
  if (origins.some((groups) => groups.has(undefined))) {
    throw new SopsError(
      "metadata",
      "The `sops` block has a recipient that the data key is not encrypted for, so it could not decrypt the file. An editor cannot add one: remove it here, and change the recipients of the file instead.",
    );
  }
  const needed = groupsNeeded(before);
  const areApart =
    origins.every(({ size }) => size === 1) &&
    new Set(origins.flatMap((groups) => [...groups])).size === origins.length;
  if (!areApart || origins.length < needed || groupsNeeded(metadata) !== needed) {
    throw new SopsError(
      "metadata",
      `With the key groups or the \`shamir_threshold\` of this \`sops\` block, nobody could put the shares of the data key together. Keep the threshold, every recipient in the group where it was, and at least ${needed} of the key groups.`,
    );
  }
  return metadata;
}

function wrappedKey({ type, fields }: MasterKey): string {
  return JSON.stringify([type, String(fields.get("enc") ?? "").trim()]);
}
