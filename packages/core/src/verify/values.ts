import { looksEncrypted } from "../cipher/value.js";
import { SopsError, showPath } from "../errors.js";
import { compileRule, type Rule, ruleNames } from "../rule.js";
import { shellPath } from "../shell-word.js";
import type { Document } from "../store.js";
import type { Carried, Comment, Leaf, Mapping, Node } from "../tree.js";
import { walk } from "../walk.js";
import { readForm } from "./ciphertext.js";
import type { About, Findings } from "./finding.js";

const restore = "Restore it from version control, or encrypt the value again.";

/**
 * Checks every value and comment against the rule.
 *
 * @param filename - Used in messages that suggest `isosops repair`.
 */
export async function verifyValues(
  document: Document,
  rule: Rule,
  findings: Findings,
  filename?: string | undefined,
): Promise<void> {
  let compiled: Awaited<ReturnType<typeof compileRule>>;
  try {
    compiled = await compileRule(rule);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    findings.add("invalid-rule", { message: error.message, place: document.metadata });
    return;
  }
  const description = describeRule(rule);
  const path: string[] = [];
  let encryptedValues = 0;
  let values = 0;
  let listItems: ReadonlySet<Leaf> | undefined;
  const unexpected = (about: Omit<About, "message">, what: string, isDamaged: boolean): About =>
    isDamaged
      ? {
          ...about,
          level: "warning",
          message: `${what} looks like an encrypted value but is not, and ${description} leaves it in plain text. If it was encrypted before, restore it and the rule from version control.`,
        }
      : {
          ...about,
          message: `${what} is encrypted, but ${description} leaves it in plain text, so it is not decrypted. Restore the rule that the file was encrypted with, or the plaintext.`,
        };
  const visitor = {
    leaf(leaf: Leaf, encrypted: boolean): undefined {
      const text = typeof leaf.text === "string" ? leaf.text : undefined;
      // The empty string stays as it is.
      if (text === "" && leaf.type === "str") return;
      values++;
      const isMeant = leaf.type === "str" && text !== undefined && looksEncrypted(text);
      const about = () => ({ path: [...path], place: leaf });
      if (!isMeant) {
        if (encrypted) {
          findings.add("plain-value", {
            ...about(),
            message: `${quoted(path)} is in plain text, and ${description} selects it. Encrypt it: \`isosops repair ${shellPath(filename)}\`. If it was pushed, it is no longer a secret: change it.`,
          });
        }
        return;
      }
      encryptedValues++;
      const form = readForm(text);
      if (!encrypted) {
        findings.add("unexpected-ciphertext", unexpected(about(), quoted(path), "problem" in form));
        return;
      }
      if ("problem" in form) {
        findings.add("malformed-value", {
          ...about(),
          message: `The encrypted value of ${quoted(path)} ${form.problem}. ${restore} \`isosops repair ${shellPath(filename)}\` names the last version in Git that opens.`,
        });
      } else if (form.type === "comment") {
        listItems ??= collectListItems(document.branches);
        if (!listItems.has(leaf)) {
          findings.add("malformed-value", {
            ...about(),
            message: `${quoted(path)} is an encrypted comment, which is only valid in a list. ${restore}`,
          });
        }
      }
    },
    comment(comment: Comment, encrypted: boolean): void {
      if (comment.text.trim() === "") return;
      const about = () => ({ path: [...path], place: comment });
      const where = path.length === 0 ? "A comment at the top of the document" : `A comment in ${quoted(path)}`;
      if (!looksEncrypted(comment.text)) {
        if (encrypted) {
          findings.add("plain-comment", {
            ...about(),
            message: `${where} is in plain text, and sops would have ${comment.unread === undefined ? "encrypted it" : "dropped it, as its parser does"}. If it contains a secret, remove it and change the secret; otherwise leave it.`,
          });
        }
        return;
      }
      const form = readForm(comment.text);
      if (!encrypted) {
        findings.add("unexpected-ciphertext", unexpected(about(), where, "problem" in form));
        return;
      }
      if ("problem" in form) {
        const problem = /^\s/.test(comment.text)
          ? "has white space before it, so it is not decrypted; a formatter may have added it"
          : form.problem;
        findings.add("malformed-comment", { ...about(), message: `${where} is encrypted, but ${problem}. ${restore}` });
      } else if (form.type !== "comment") {
        findings.add("malformed-comment", {
          ...about(),
          message: `${where} is an encrypted value, not a comment: a value was commented out. ${restore}`,
        });
      }
    },
    carried({ leaf, kind }: Carried, encrypted: boolean): void {
      const text = leaf.text as string;
      if (text === "") return;
      const about = { path: [...path], place: leaf };
      if (looksEncrypted(text)) {
        encryptedValues++;
        const form = readForm(text);
        if (!encrypted)
          findings.add("unexpected-ciphertext", unexpected(about, carriedNames[kind](path), "problem" in form));
        else if ("problem" in form) {
          findings.add("malformed-value", {
            ...about,
            message: `${carriedNames[kind](path)} is encrypted, but ${form.problem}. ${restore}`,
          });
        }
      } else if (encrypted) {
        const meant = kind === "comment" ? "If it is part of the value" : "If it contains a secret";
        findings.add("plain-text", {
          ...about,
          level: kind === "value" || !isComment(document.source, leaf) ? "error" : "warning",
          message: `${carriedNames[kind](path)} is in plain text, and sops does not read it as part of the value. ${meant}, change the secret, and encrypt the file again from a decrypted copy; otherwise put it on its own line.`,
        });
      }
    },
  };
  walk(document.branches, compiled, visitor, path);
  if (values > 0 && encryptedValues === 0) {
    findings.add("nothing-encrypted", {
      message: `Nothing in the file is encrypted: ${description} selects no value, or only empty ones. Check the spelling of the keys; they are case-sensitive.`,
      place: document.metadata,
    });
  }
}

/** Text that sops ignores, as the subject of a sentence. */
const carriedNames: Readonly<Record<Carried["kind"], (path: readonly string[]) => string>> = {
  spelling: (path) => `How ${quoted(path)} is written`,
  value: (path) => `An earlier value of ${quoted(path)}`,
  text: (path) => `Text beside ${quoted(path)}`,
  comment: (path) => `The text after the comment sign in the value of ${quoted(path)}`,
};

/** Whether the text after a value is separated by white space and a comment sign, as people write comments. */
function isComment(source: string, { start, end }: Leaf): boolean {
  return /\s[#;]+[#; ]*$/.test(source.slice(Math.max(0, start - 100), start)) || /^[#;]/.test(source.slice(start, end));
}

function quoted(path: readonly string[]): string {
  return `\`${showPath(path)}\``;
}

/** Finds values that look encrypted, in a document without a `sops` block. */
export function findCiphertexts(branches: readonly Mapping[]): { leaf: Leaf; path: string[] }[] {
  const found: { leaf: Leaf; path: string[] }[] = [];
  const path: string[] = [];
  const visit = (node: Node): void => {
    if (node.kind === "leaf") {
      if (node.type === "str" && typeof node.text === "string" && looksEncrypted(node.text)) {
        found.push({ leaf: node, path: [...path] });
      }
      return;
    }
    for (const item of node.items) {
      if (item.kind === "comment") continue;
      if (item.kind !== "entry") visit(item);
      else {
        path.push(item.key);
        visit(item.value);
        path.pop();
      }
    }
  };
  for (const branch of branches) visit(branch);
  return found;
}

function collectListItems(branches: readonly Mapping[]): ReadonlySet<Leaf> {
  const found = new Set<Leaf>();
  const visit = (node: Node): void => {
    if (node.kind === "leaf") return;
    for (const item of node.items) {
      if (item.kind === "comment") continue;
      const value = item.kind === "entry" ? item.value : item;
      if (node.kind === "sequence" && value.kind === "leaf") found.add(value);
      visit(value);
    }
  };
  for (const branch of branches) visit(branch);
  return found;
}

/** Formats a rule for use in a sentence: "the rule `encrypted_regex: ^data$`". */
export function describeRule(rule: Rule): string {
  const only = ruleNames.find(([name]) => rule[name] !== undefined && rule[name] !== "");
  if (only === undefined) return "the rule of the file, which encrypts everything,";
  const [name, written] = only;
  const pattern = rule[name]!;
  return `the rule \`${written}: ${pattern.length > 100 ? `${pattern.slice(0, 100)}...` : pattern}\``;
}
