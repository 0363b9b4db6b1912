/** Keys of a document that look like secrets: by their names, by their values, and the known ones of Kubernetes. */
import { type Leaf, lookup, type Mapping, type Node } from "@isosops/core";
import { hidesSomething, showSelector } from "@isosops/core/select";
import { isSecretName } from "@isosops/gitops";

/** A key that somebody may want to encrypt. */
export interface SuggestedKey {
  /** For `encrypted_paths`. */
  readonly key: string;
  readonly because: "name" | "value" | "pull-secret";
  /** The path of the first value. */
  readonly path: string;
}

/** More do not help. */
const mostSuggested = 20;

/**
 * @param branches the documents of a file, in plain text
 * @param isMarked whether a value is marked already
 * @returns each key once, in file order
 */
export function suggestKeys(branches: readonly Mapping[], isMarked: (leaf: Leaf) => boolean): SuggestedKey[] {
  const found = new Map<string, SuggestedKey>();
  const path: string[] = [];
  const visit = (node: Node, inSecretData: boolean): void => {
    if (node.kind === "leaf") {
      const name = path.at(-1);
      if (name === undefined || found.size >= mostSuggested || !hidesSomething(node) || isMarked(node)) return;
      const because = reasonFor(name, node, inSecretData);
      const key = showSelector([name]);
      if (because !== undefined && !found.has(key)) found.set(key, { key, because, path: showSelector(path) });
      return;
    }
    for (const item of node.items) {
      if (item.kind === "comment") continue;
      if (item.kind !== "entry") {
        visit(item, inSecretData);
        continue;
      }
      if (isReference(item.key)) continue;
      path.push(item.key);
      visit(item.value, inSecretData);
      path.pop();
    }
  };
  for (const branch of branches) {
    const kind = lookup(branch, "kind");
    const isSecret = kind?.kind === "leaf" && kind.text === "Secret";
    for (const item of branch.items) {
      if (item.kind !== "entry" || item.key === "sops" || isReference(item.key)) continue;
      path.push(item.key);
      visit(item.value, isSecret && item.key === "data");
      path.pop();
    }
  }
  return [...found.values()];
}

/** What refers to a secret is none. */
function isReference(name: string): boolean {
  return /Refs?$/.test(name);
}

function reasonFor(name: string, { type, text }: Leaf, isBase64: boolean): SuggestedKey["because"] | undefined {
  if (typeof text !== "string" || type !== "str") return undefined;
  if (/^\.dockerc(?:fg|onfigjson)$/.test(name)) return "pull-secret";
  if (isSecretName(name)) return "name";
  const value = isBase64 ? decode(text) : text;
  return looksSecret(value, name) ? "value" : undefined;
}

function decode(text: string): string {
  try {
    return atob(text.replace(/\s/g, ""));
  } catch {
    return text;
  }
}

/** Forms that only secrets have. */
const forms: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/,
  /\bAGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{20}/i,
  // A URL with a password in it.
  /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{0,200}:[^\s/:@{$<]{1,200}@/i,
  // ADO.NET, JDBC, libpq.
  /(?:^|[;&?\s])(?:password|pwd|accountkey|sharedaccesskey)=[^;&\s{$<]{4}/i,
  // JWT
  /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/,
  // GitHub, GitLab, Slack, Stripe, npm, OpenAI, Google, AWS, SendGrid
  /\b(?:gh[oprsu]_\w{30}|github_pat_\w{20}|glpat-[\w-]{18}|xox[abeprs]-[\w-]{10}|[rs]k_(?:live|test)_\w{16}|npm_\w{30}|sk-[\w-]{20}|AIza[\w-]{30}|SG\.[\w-]{16}\.)/,
];

/** Names of values that look random, and are none. */
const random =
  /(?:sha\d*|hash|digest|checksum|fingerprint|commit|revision|version|etag|uid|uuid|id|cert|certificate|ca|crt|pem|publickey|image|tag|ref)$/i;

function looksSecret(value: string, name: string): boolean {
  if (forms.some((form) => form.test(value))) return true;
  return !random.test(name.replace(/[-_.]/g, "")) && looksRandom(value);
}

/** One word of mixed letters and digits, with nearly as much in each character as chance gives. */
function looksRandom(value: string): boolean {
  if (!/^[A-Za-z0-9+/_=-]{20,200}$/.test(value)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((kind) => kind.test(value)).length;
  if (kinds < 3 || /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i.test(value)) return false;
  return entropyOf(value) > 3.5;
}

/** Shannon's, in bits for a character. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}
