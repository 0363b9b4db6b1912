import { decrypt, inspect } from "isosops";
import { checkReaders, encryptKeys } from "../encryption/encrypt-keys.js";
import { initialized } from "../keyring/state.js";
import { checkDocuments, checkOutput, type HttpLimits } from "./limits.js";

/** Public keys of the organisation: whom documents are encrypted for. */
export interface Readers {
  readonly recipient: string;
  readonly previousRecipient: string | undefined;
  /** Those whose private keys were destroyed. */
  readonly destroyed?: readonly string[] | undefined;
}

/** What a request asks to be done with a document. Plain data, which another thread can be given. */
export type DocumentTask =
  | {
      readonly kind: "encrypt";
      readonly source: string;
      readonly keys: readonly string[];
      readonly readers: Readers;
      readonly limits: HttpLimits;
    }
  | {
      readonly kind: "decrypt";
      readonly source: string;
      /** Undefined if there is no keyring yet. */
      readonly readers: Readers | undefined;
      readonly limits: HttpLimits;
    };

export interface DocumentResult {
  readonly text: string;
  /** What a person should know. */
  readonly notices: readonly string[];
  /** How many values were added since the document was last sealed, and are encrypted now. */
  readonly added: number;
  /** Whether the document that was sent was encrypted; for `decrypt`. */
  readonly wasEncrypted: boolean;
}

/** Returns the organisation's private keys; asked for a document that is encrypted already. */
export type FindIdentities = () => Promise<readonly string[]>;

/** Does what a request asks for. Rejects as `workOnDocument` does, or with an `HttpError` of its own. */
export type DocumentWork = (task: DocumentTask, identities: FindIdentities) => Promise<DocumentResult>;

/**
 * Encrypt or decrypt a document, in this thread: a large one blocks it for seconds.
 *
 * @throws {HttpError} 413, `GitopsError` and `SopsError`.
 */
export async function workOnDocument(task: DocumentTask, identities: FindIdentities): Promise<DocumentResult> {
  const { source, limits } = task;
  checkDocuments(source, limits);
  const result = await (task.kind === "encrypt"
    ? encryptDocument(task, identities)
    : decryptDocument(task, identities));
  checkOutput(result.text, limits);
  return result;
}

async function encryptDocument(
  { source, keys, readers }: DocumentTask & { kind: "encrypt" },
  identities: FindIdentities,
): Promise<DocumentResult> {
  const { text, notices, added } = await encryptKeys(source, { ...readers, identities, keys, acceptAdded: () => true });
  return { text, notices, added: added.length, wasEncrypted: false };
}

async function decryptDocument(
  { source, readers }: DocumentTask & { kind: "decrypt" },
  identities: FindIdentities,
): Promise<DocumentResult> {
  const format = "yaml";
  const metadata = await inspect(source, { format });
  if (metadata === undefined) return { text: source, notices: [], added: 0, wasEncrypted: false };
  checkReaders(metadata, readers ?? readersOf(initialized(undefined)));
  const { text } = await decrypt(source, { format, identities: await identities() });
  return { text, notices: [], added: 0, wasEncrypted: true };
}

export function readersOf({ current, previous, destroyed }: ReturnType<typeof initialized>): Readers {
  return { recipient: current.recipient, previousRecipient: previous?.recipient, destroyed };
}
