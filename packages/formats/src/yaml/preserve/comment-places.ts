/** Where go-yaml finds the comments of a document, to compare before and after. */
import type { Comment, Mapping, Node } from "@isosops/core";
import { isCiphertext } from "./ciphertext.js";

/** The places of all comments. A place is the path of the comment, joined by `:`, and its text. */
export interface CommentPlaces {
  /** All comments in order, and what follows them. */
  readonly order: string;
  /** Number of comments that sops reads. */
  readonly readCount: number;
  /** Those that were encrypted just now, and all that look encrypted. */
  readonly newlyEncrypted: readonly string[];
  readonly encrypted: ReadonlySet<string>;
  /** The same for those that sops does not read. */
  readonly newlyEncryptedUnread: readonly string[];
  readonly encryptedUnread: ReadonlySet<string>;
}

/**
 * Collects the places of the comments, except for the copies in aliases, which are not written. An encrypted comment that go-yaml
 * finds in another place can never be decrypted.
 */
export function commentPlaces(branches: readonly Mapping[], aliases: ReadonlyMap<Node, boolean>): CommentPlaces {
  const order: string[] = [];
  let readCount = 0;
  const newlyEncrypted: string[] = [];
  const newlyEncryptedUnread: string[] = [];
  const encrypted = new Set<string>();
  const encryptedUnread = new Set<string>();
  const visit = (node: Node, path: string): void => {
    if (node.kind === "leaf" || aliases.has(node)) return;
    let pending = 0;
    for (const [index, item] of node.items.entries()) {
      if (item.kind === "comment") {
        const place = `${path}#${item.text}`;
        const isRead = item.unread === undefined;
        order.push(isRead ? place : `unread ${place}`);
        if (isRead) {
          readCount++;
          pending++;
        }
        if (isNewlyEncrypted(item)) (isRead ? newlyEncrypted : newlyEncryptedUnread).push(place);
        if (isCiphertext(item.text)) (isRead ? encrypted : encryptedUnread).add(place);
        continue;
      }
      if (pending > 0) order.push(`before ${item.kind === "entry" ? item.key : index}`);
      pending = 0;
      if (item.kind === "entry") visit(item.value, `${path}${item.key}:`);
      // In a list, an encrypted comment can be an item.
      else if (item.kind === "leaf" && isCiphertext(item.text)) encrypted.add(`${path}#${item.text}`);
      else visit(item, path);
    }
  };
  for (const branch of branches) visit(branch, "");
  return { order: order.join("\n"), readCount, newlyEncrypted, newlyEncryptedUnread, encrypted, encryptedUnread };
}

/** Whether every comment that was encrypted just now can be decrypted where it is found, and by sops if sops read it before. */
export function staysDecryptable(before: CommentPlaces, after: CommentPlaces): boolean {
  return (
    before.newlyEncrypted.every((place) => after.encrypted.has(place)) &&
    before.newlyEncryptedUnread.every((place) => after.encryptedUnread.has(place) || after.encrypted.has(place))
  );
}

/** Whether a comment was encrypted just now. One that was decrypted has changed, too. */
export function isNewlyEncrypted({ changed, text }: Comment): boolean {
  return changed && isCiphertext(text);
}

/** Whether a node contains a comment. */
export function hasComments(item: Node | Comment): boolean {
  if (item.kind === "comment") return true;
  if (item.kind === "leaf") return false;
  return item.items.some((child) => hasComments(child.kind === "entry" ? child.value : child));
}
