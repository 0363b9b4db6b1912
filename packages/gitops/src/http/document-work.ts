import { decrypt, inspect } from "isosops";
import { checkReaders, encryptKeys } from "../encryption/encrypt-keys.js";
import { initialized } from "../keyring/state.js";
import { checkDocuments, checkOutput, type HttpLimits } from "./limits.js";

/** The organisation's public keys. */
export interface Readers {
  readonly recipient: string;
  readonly previousRecipient: string | undefined;
  /** Public keys whose private keys were destroyed. */
  readonly destroyed?: readonly string[] | undefined;
}

/** What a request asks for. Plain data, which can be passed to another thread. */
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

/** The result of {@link workOnDocument}. */
export interface DocumentResult {
  readonly text: string;
  /** Sentences for the user. */
  readonly notices: readonly string[];
  /** The number of values that were added to an encrypted document, and are encrypted now. */
  readonly added: number;
  /** Whether the request's document was encrypted; for `decrypt`. */
  readonly wasEncrypted: boolean;
}

/** Returns the organisation's private keys. Called for an encrypted document. */
export type FindIdentities = () => Promise<readonly string[]>;

/** Does what a request asks for. Rejects like {@link workOnDocument}, or with an {@link HttpError} of its own. */
export type DocumentWork = (task: DocumentTask, identities: FindIdentities) => Promise<DocumentResult>;

/**
 * Encrypts or decrypts a document in this thread. A large one blocks it for seconds.
 *
 * @throws {HttpError} 413 if the document or the result exceeds a limit.
 * @throws {GitopsError} `unmatched_key`, `foreign` or `not_initialized`, and the errors of `identities`.
 * @throws {SopsError} `syntax` and the other codes of {@link encryptKeys} and `decrypt`.
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
