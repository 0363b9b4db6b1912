import {
  compileRule,
  type Document,
  normalizeRule,
  type Place,
  parseSource,
  SopsError,
  type Store,
  showPath,
  toText,
  walk,
} from "@isosops/core";
import {
  conflictIn,
  createFindings,
  type Finding,
  type Findings,
  findCiphertexts,
  keyTypes,
  verifyDocument,
  verifyStrayText,
} from "@isosops/core/verify";
import type { CreationRule } from "../config/config.js";
import { isRuleOfConfig } from "../kinds/checks.js";
import { checkArguments, type OptionChecks } from "../options.js";
import { readSource } from "../source.js";
import { sourceChecks, sourceStore } from "../stores.js";
import { ageCheck } from "./age-check.js";
import { compareWithRule, pickRule } from "./compare.js";
import type { Verified, VerifyOptions } from "./index.js";

const checks: OptionChecks<VerifyOptions> = { ...sourceChecks, creationRule: isRuleOfConfig };

/** See `index.ts`. */
export async function verify(given: string | Uint8Array, options: VerifyOptions): Promise<Verified> {
  checkArguments(given, options, checks);
  const source = readSource(given);
  const { creationRule } = options;
  const store = await sourceStore(options);
  const keyed = store.singleValue !== true;
  let text: string;
  let document: Document;
  try {
    text = toText(source, undefined);
    document = await parseSource(store, text, { filename: options.filename });
    const conflict = document.metadata === undefined ? undefined : conflictIn(text, options.filename);
    if (conflict !== undefined) throw conflict;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return { findings: unreadable(source, store, error), encrypted: false };
  }
  const findings = createFindings(document.source);
  const encrypted = isEncrypted(document);
  if (encrypted) {
    const block = await verifyDocument(
      document,
      { keyed, asSops: store.isExtension !== true, checks: [ageCheck], filename: options.filename },
      findings,
    );
    verifyStrayText(store.strayText?.(document) ?? [], findings);
    for (const { message, line } of document.warnings ?? []) {
      const place = line === undefined ? undefined : lineOf(document.source, line);
      findings.add("metadata", { message, place });
    }
    if (creationRule !== undefined) compareWithRule(block, creationRule, keyed, findings);
  } else {
    await verifyPlain(document, keyed ? creationRule : undefined, findings);
  }
  return { findings: findings.list, encrypted };
}

/** The place of a line, given its 1-based number. */
function lineOf(source: string, line: number): Place {
  let start = 0;
  for (let before = 1; before < line; before++) start = source.indexOf("\n", start) + 1;
  return { start, end: source.indexOf("\n", start) };
}

/**
 * Any file may have a key `sops`. Without anything that sops writes in it, and without ciphertexts, the file is not
 * encrypted.
 */
function isEncrypted({ metadata, branches }: Document): boolean {
  if (metadata === undefined) return false;
  const isOurs = metadata.items.some((item) => item.kind === "entry" && blockNames.has(item.key));
  return isOurs || findCiphertexts(branches).length > 0;
}

const blockNames: ReadonlySet<string> = /* @__PURE__ */ new Set(["lastmodified", "mac", "key_groups", ...keyTypes]);

function unreadable(source: string | Uint8Array, store: Store, error: SopsError): Finding[] {
  // An empty file contains no secrets.
  if (error.code === "empty") return [];
  // Any bytes are a valid plain binary file. An encrypted one contains ciphertexts.
  if (store.singleValue === true && !includes(source, "ENC[AES256_GCM")) return [];
  const { line, column = 1 } = error;
  return [
    {
      rule: error.code === "metadata" ? "metadata" : "syntax",
      level: "error",
      // Without the position, which is in the region, and without the excerpt.
      message: error.message.split("\n", 1)[0]!.replace(/^.{0,200}?\bline \d+, column \d+: /, ""),
      path: undefined,
      region: line === undefined ? undefined : { line, column, endLine: line, endColumn: column },
    },
  ];
}

function includes(source: string | Uint8Array, text: string): boolean {
  const searched = typeof source === "string" ? source : new TextDecoder("latin1").decode(source);
  return searched.includes(text);
}

async function verifyPlain(
  document: Document,
  creationRule: CreationRule | undefined,
  findings: Findings,
): Promise<void> {
  const [first, ...others] = findCiphertexts(document.branches);
  if (first !== undefined) {
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    findings.add("missing-block", {
      message: `\`${showPath(first.path)}\`${more} is encrypted, but the file has no \`sops\` block, without which nobody can decrypt it. Restore the file from version control.`,
      path: first.path,
      place: first.leaf,
    });
    return;
  }
  if (creationRule?.pathRegex === undefined) return;
  const compiled = await compileRule(normalizeRule(pickRule(creationRule)));
  const path: string[] = [];
  let count = 0;
  let found: { path: string[]; place: Place } | undefined;
  walk(
    document.branches,
    compiled,
    {
      leaf(leaf, encrypted) {
        if (!encrypted || leaf.text.length === 0) return undefined;
        count++;
        found ??= { path: [...path], place: leaf };
        return undefined;
      },
      comment() {},
    },
    path,
  );
  if (found === undefined) return;
  const values = count === 1 ? "a value" : `${count} values`;
  findings.add("not-encrypted", {
    message: `The file is not encrypted, and the creation rule on line ${creationRule.line} of the configuration applies to it: it selects ${values}, ${count === 1 ? "" : "first "}\`${showPath(found.path)}\`. Encrypt it with \`isosops encrypt -i\`; if it was pushed, its contents are no longer secret: change them.`,
    ...found,
  });
}
