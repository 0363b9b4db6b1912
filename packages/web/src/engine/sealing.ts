/** Encryption of a plain document, and what it would do. */
import { type Rule, ruleNames } from "@isosops/core";
import { type Encrypted, encrypt, generateIdentity, SopsError, type Warning } from "isosops";
import { type FormatName, outlinePlain, type ShownRule, showRule } from "./documents.js";
import { creationRuleFor } from "./keys.js";
import { type ShownDiff, shownDiff } from "./line-diff.js";
import type { Places } from "./outline.js";

/** Which values to encrypt: those of selectors, all, those of a rule of sops, or those of the rule that `.sops.yaml` has for the file. */
export type Choice =
  | { readonly kind: "select"; readonly selectors: readonly string[]; readonly allowExtra: boolean }
  | { readonly kind: "everything" }
  | { readonly kind: "rule"; readonly rule: ShownRule }
  | { readonly kind: "config" };

/** For whom, and what. */
export interface SealOptions {
  readonly format: FormatName;
  readonly choice: Choice;
  readonly recipients: readonly string[];
  /** The text of `.sops.yaml`, and the file's path relative to it: its rule for the file gives the keys instead of `recipients`. */
  readonly config?: { readonly text: string; readonly path: string } | undefined;
}

/** A document that was encrypted. */
export interface Sealed {
  readonly text: string;
  readonly encryptedValues: number;
  readonly extra: readonly (readonly string[])[];
  readonly rule: ShownRule | undefined;
  readonly warnings: readonly Warning[];
  readonly diff: ShownDiff;
}

export async function sealDocument(source: string | Uint8Array, options: SealOptions): Promise<Sealed> {
  const { format, choice, recipients, config } = options;
  const creationRule = config === undefined ? undefined : await creationRuleFor(config.text, config.path);
  if (config !== undefined && creationRule === undefined) {
    throw new SopsError("config", `No rule of .sops.yaml is for ${config.path}. Add one, or choose recipients here.`);
  }
  const keys = creationRule === undefined ? { recipients } : { creationRule };
  const sealed = await sealWith(source, format, choice, keys);
  const { text, encryptedValues, extra, metadata, warnings } = sealed;
  const diff = typeof source === "string" && format !== "binary" ? shownDiff(source, text) : shownDiff("", "");
  return { text, encryptedValues, extra, rule: showRule(metadata.rule), warnings, diff };
}

/** What encryption would do, found by doing it for a key that nobody keeps. */
export interface Preview {
  readonly rule: ShownRule | undefined;
  readonly encryptedValues: number;
  /** Values that no rule of sops can leave out. */
  readonly extra: readonly (readonly string[])[];
  /** Why, in the words of the library. */
  readonly explanation: string | undefined;
  /** Whether comments are put above the chosen values, because names of keys do not tell them from the others. */
  readonly hasMarks: boolean;
  /** Where the values and comments are that are encrypted; undefined if comments have to be put in first. */
  readonly secrets: Places | undefined;
}

export async function previewSealing(
  text: string,
  format: FormatName,
  choice: Choice,
  config?: SealOptions["config"],
): Promise<Preview> {
  const { recipient } = await generateIdentity();
  let preview = choice;
  if (choice.kind === "select") preview = { ...choice, allowExtra: true };
  else if (choice.kind === "config") preview = await choiceOfConfig(config);
  const sealed = await sealWith(text, format, preview, { recipients: [recipient] });
  let explanation: string | undefined;
  if (sealed.extra.length > 0) {
    try {
      await sealWith(
        text,
        format,
        { ...(preview as Extract<Choice, { kind: "select" }>), allowExtra: false },
        { recipients: [recipient] },
      );
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      explanation = error.message;
    }
  }
  const rule = showRule(sealed.metadata.rule);
  const hasMarks = preview.kind === "select" && rule?.name === "encrypted_comment_regex";
  return {
    rule,
    encryptedValues: sealed.encryptedValues,
    extra: sealed.extra,
    explanation,
    hasMarks,
    secrets:
      hasMarks || format === "binary" ? undefined : (await outlinePlain(text, format, sealed.metadata.rule)).secrets,
  };
}

async function choiceOfConfig(config: SealOptions["config"]): Promise<Choice> {
  const rule = config === undefined ? undefined : await creationRuleFor(config.text, config.path);
  const shown = rule === undefined ? undefined : showRule(rule);
  return shown === undefined ? { kind: "everything" } : { kind: "rule", rule: shown };
}

type Keys =
  | { readonly recipients: readonly string[] }
  | { readonly creationRule: NonNullable<Awaited<ReturnType<typeof creationRuleFor>>> };

function sealWith(source: string | Uint8Array, format: FormatName, choice: Choice, keys: Keys): Promise<Encrypted> {
  switch (choice.kind) {
    case "select":
      return encrypt(source, { format, ...keys, select: choice.selectors, allowExtra: choice.allowExtra });
    case "rule":
      return encrypt(source, { format, ...keys, ...optionOf(choice.rule) });
    default:
      return encrypt(source, { format, ...keys });
  }
}

function optionOf({ name, value }: ShownRule): Rule {
  const option = ruleNames.find(([, known]) => known === name)?.[0];
  if (option === undefined) throw new SopsError("invalid_rule", `${name} is no rule of sops.`);
  return { [option]: value };
}
