/** Reading a document: what it is, its keys, who can open it, and what is wrong with it. */
import { compileRule, type Document, parseSource, type Rule, ruleNames, SopsError, walk } from "@isosops/core";
import { keyName, referenceOf } from "@isosops/core/key-reference";
import { hidesSomething } from "@isosops/core/select";
import { loadStore } from "@isosops/formats/load";
import { type CreationRule, type Finding, type Format, inspect, type Metadata, verify } from "isosops";
import { type Outline, outlineOf, type Places, placesOf } from "./outline.js";

/** The formats by name. */
export type FormatName = Extract<Format, string>;

/** The facts of an encrypted file that need no key. None of them is authenticated. */
export interface FileFacts {
  readonly lastModified: string;
  readonly keys: readonly { readonly type: string; readonly name: string }[];
  readonly groups: number;
  readonly threshold: number | undefined;
  readonly rule: ShownRule | undefined;
}

/** A rule of sops: its name in `.sops.yaml`, and its pattern or suffix. */
export interface ShownRule {
  readonly name: string;
  readonly value: string;
}

/** More would hide the text. */
const mostFindings = 500;

/** A document, read without a key. */
export interface ReadDocument {
  readonly isEncrypted: boolean;
  /** Undefined if it cannot be read: then `findings` says why. */
  readonly outline: Outline | undefined;
  readonly facts: FileFacts | undefined;
  readonly findings: readonly Finding[];
}

export async function readDocument(
  source: string | Uint8Array,
  format: FormatName,
  rule?: CreationRule,
): Promise<ReadDocument> {
  // Before something is typed, nothing is wrong.
  if (typeof source === "string" && source.trim() === "" && format !== "binary") {
    return { isEncrypted: false, outline: undefined, facts: undefined, findings: [] };
  }
  const { findings, encrypted } = await verify(source, {
    format,
    ...(rule === undefined ? {} : { creationRule: rule }),
  });
  const wanted = encrypted ? findings : findings.filter((finding) => finding.rule === "syntax");
  let metadata: Metadata | undefined;
  let outline: Outline | undefined;
  try {
    if (encrypted) metadata = await inspect(source, { format });
    if (format !== "binary" && typeof source === "string") {
      const { branches } = await parse(source, format);
      outline = outlineOf(branches, (leaf) => typeof leaf.text === "string" && leaf.text.startsWith("ENC[AES256_GCM,"));
    }
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    // `findings` has it, with its place.
    if (wanted.length === 0) throw error;
  }
  return {
    isEncrypted: encrypted,
    outline,
    facts: metadata === undefined ? undefined : factsOf(metadata),
    findings: wanted.slice(0, mostFindings),
  };
}

/** The keys of a plain document, and the places of what a rule encrypts: values and comments. */
export async function outlinePlain(
  text: string,
  format: FormatName,
  rule?: Rule,
): Promise<{ outline: Outline; secrets: Places }> {
  const { branches } = await parse(text, format);
  const leaves = new Set<object>();
  const secrets: { start: number; end: number }[] = [];
  if (rule !== undefined) {
    walk(branches, await compileRule(rule), {
      leaf(value, encrypted) {
        if (encrypted && hidesSomething(value)) {
          leaves.add(value);
          secrets.push(value);
        }
        return undefined;
      },
      comment(comment, encrypted) {
        if (encrypted && comment.text.trim() !== "") secrets.push(comment);
      },
    });
  }
  return { outline: outlineOf(branches, (leaf) => leaves.has(leaf)), secrets: placesOf(secrets) };
}

export function factsOf({ lastModified, keyGroups, shamirThreshold, rule }: Metadata): FileFacts {
  const keys = keyGroups.flat().map((key) => ({ type: key.type, name: keyName(referenceOf(key)) }));
  return { lastModified, keys, groups: keyGroups.length, threshold: shamirThreshold, rule: showRule(rule) };
}

/** @returns undefined for a rule that is not given */
export function showRule(rule: Rule): ShownRule | undefined {
  for (const [key, name] of ruleNames) {
    const value = rule[key];
    if (value !== undefined) return { name, value };
  }
  return undefined;
}

async function parse(text: string, format: FormatName): Promise<Document> {
  return parseSource(await loadStore(format), text);
}
