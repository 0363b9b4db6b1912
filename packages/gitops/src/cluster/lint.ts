import { type Document, type Leaf, parseSource, placeFinder, type Rule, SopsError, showPath } from "@isosops/core";
import {
  hidesSomething,
  type NearFinder,
  nearFinder,
  parseSelector,
  selectedLeaves,
  showSelector,
  targetFinder,
} from "@isosops/core/select";
import { findCiphertexts, shellPath, shellWord } from "@isosops/core/verify";
import { loadStore } from "@isosops/formats/load";
import { inspect, type Metadata, verify } from "isosops";
import { describeMissing } from "../encryption/encrypt-keys.js";
import { GitopsError } from "../error.js";
import { otherKeysOf, recipientsOf, remedyForDestroyed } from "../recipients.js";
import { type ClusterFile, type ClusterItem, parseCluster } from "./cluster-file.js";
import type { ClusterFiles } from "./cluster-files.js";
import { clusterFlag, encryptCommand } from "./commands.js";
import { type Content, readContent } from "./content.js";
import { createDraft } from "./draft.js";
import { markedLeaves } from "./marked-leaves.js";

/** The rules of {@link lintCluster}, and what each finding means. Names do not change between versions. */
export const clusterRules: Readonly<Record<string, string>> = {
  plaintext: "A value is marked for encryption and is in plain text.",
  unmatched: "A marked key names nothing.",
  unmarked: "A value is encrypted and no marked key names it.",
  "missing-file": "A file that is named is not there, cannot be read, or is outside of the repository.",
  unreadable: "A manifest or values cannot be read as YAML or JSON.",
  "wrong-recipient": "A file is not encrypted for the organisation's key.",
  damaged: "What is encrypted cannot be decrypted.",
  duplicate: "Several manifests or addons of a stack, or several stacks, have the same name.",
};

/** A problem that {@link lintCluster} found. */
export interface ClusterFinding {
  /** A name in {@link clusterRules}. */
  readonly rule: string;
  /** What is wrong and what to do. Does not contain values of a file. */
  readonly message: string;
  readonly stack: string;
  readonly kind: "manifest" | "addon" | "stack";
  readonly name: string;
  /** The file of the problem: the cluster file, or one that it names. */
  readonly file: string;
  /** 1-based; undefined if the problem has no position. */
  readonly line: number | undefined;
  /** 1-based, in UTF-16 code units; undefined if the problem has no position. */
  readonly column: number | undefined;
}

/** Options of {@link lintCluster}. */
export interface LintOptions {
  /** The organisation's public key. Without it, recipients are not checked. */
  readonly recipient?: string | undefined;
  /** The public key that is being replaced, while a rotation is under way. */
  readonly previousRecipient?: string | undefined;
  /** The organisation's public keys whose private keys were destroyed. */
  readonly destroyed?: readonly string[] | undefined;
  /** Returns the age public keys that the `.sops.yaml` rule of a file names. Called if `recipient` is missing. */
  readonly readersOf?: ((path: string) => Promise<readonly string[]>) | undefined;
}

/**
 * Checks everything that a cluster file names. No private key is needed.
 *
 * @param clusterPath - the path of the cluster file
 * @throws {GitopsError} `cluster` or `missing_file` if the cluster file itself cannot be read.
 * @throws {SopsError} `syntax` if it is not YAML.
 */
export async function lintCluster(
  files: ClusterFiles,
  clusterPath: string,
  options: LintOptions = {},
): Promise<ClusterFinding[]> {
  const draft = createDraft(files);
  const cluster = await parseCluster(await draft.read(clusterPath), clusterPath);
  const findings = duplicates(cluster, clusterPath);
  for (const item of cluster.stacks.flatMap(({ items }) => items)) {
    if (item.content === undefined && item.marks.length === 0) continue;
    const add: Add = (rule, message, file, place) => {
      const { stack, kind, name } = item;
      findings.push({ rule, message, stack, kind, name, file, line: place?.line, column: place?.column });
    };
    let content: Content;
    try {
      content = await readContent(draft, files, clusterPath, item);
    } catch (error) {
      if (!(error instanceof GitopsError || error instanceof SopsError)) throw error;
      const isUnreadable = error instanceof SopsError || error.code === "cluster";
      add(isUnreadable ? "unreadable" : "missing-file", error.message, clusterPath, item.content ?? item);
      continue;
    }
    await lintContent(content, item, clusterPath, options, add);
  }
  return findings;
}

type Add = (rule: string, message: string, file: string, place: Place | undefined) => void;

type Place = Pick<ClusterFinding, "line" | "column">;

async function lintContent(
  content: Content,
  item: ClusterItem,
  clusterPath: string,
  options: LintOptions,
  add: Add,
): Promise<void> {
  const { text, format, name, path } = content;
  // Line numbers within Base64 are not those of the file.
  const isInline = path === clusterPath;
  const placeAt = placeFinder(text);
  const placeIn = (leaf: Leaf) => (isInline ? item.content : placeAt(leaf.start));
  let document: Document;
  let metadata: Metadata | undefined;
  let recipients: string[] | undefined;
  let selected: ReadonlySet<Leaf>;
  try {
    document = await parseSource(await loadStore(format), text, { filename: name });
    metadata = await inspect(text, { format, filename: name });
    recipients = metadata === undefined ? undefined : recipientsOf(metadata);
    selected = metadata === undefined ? new Set() : await selectedBy(metadata.rule, document);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    add("unreadable", error.message, path, isInline ? item.content : error);
    return;
  }
  const ciphertexts = findCiphertexts(document.branches);
  const encrypted = new Set(ciphertexts.map(({ leaf }) => leaf));
  const marked = new Set<Leaf>();
  const find = targetFinder(document.branches);
  const findNear = nearFinder(document.branches);
  for (const mark of item.marks) {
    const leaves = markedLeaves(find, mark.key);
    if (leaves === undefined) {
      add("unmatched", describeUnmatched(findNear, mark.key, item, clusterPath), clusterPath, mark);
      continue;
    }
    for (const leaf of leaves) marked.add(leaf);
    const plain = leaves.find((leaf) => hidesSomething(leaf) && !encrypted.has(leaf));
    if (plain === undefined) continue;
    const state = recipients === undefined ? "the file is" : "a value of it is";
    const isEdited = selected.has(plain);
    const command = isEdited
      ? `repair ${shellPath(path)}`
      : `cluster encrypt stack ${shellWord(item.stack)}${clusterFlag(clusterPath)}`;
    const message = `${mark.key} is marked for encryption, and ${state} in plain text. Encrypt it: \`isosops ${command}\`.`;
    add("plaintext", message, path, placeIn(plain));
  }
  const unmarked = ciphertexts.filter(({ leaf }) => !marked.has(leaf));
  if (unmarked.length > 0) {
    const paths = [...new Set(unmarked.map((one) => showPath(one.path)))];
    const keys = [...new Set(unmarked.map((one) => showSelector(one.path)))].slice(0, mostShown);
    const more = paths.length > mostShown ? ` and ${paths.length - mostShown} more` : "";
    add(
      "unmarked",
      `Encrypted, and not among \`encrypted_paths\`: ${paths.slice(0, mostShown).join(", ")}${more}. Add what is missing: \`${encryptCommand(item, keys, clusterPath)}\`.`,
      clusterPath,
      item,
    );
  }
  if (metadata === undefined || recipients === undefined) return;
  if (options.recipient === undefined)
    await checkReaders(recipients, options, path, isInline ? item.content : undefined, add);
  checkRecipients(metadata, options, path, isInline ? item.content : undefined, add);
  for (const { level, message, region } of (await verify(text, { format, filename: path })).findings) {
    const place = isInline ? item.content : region;
    if (level === "error") add("damaged", message, path, place);
  }
}

const mostShown = 10;

/** The leaves that the rule of a file selects; none if the rule is invalid, which `verify` reports. */
async function selectedBy(rule: Rule, { branches }: Document): Promise<ReadonlySet<Leaf>> {
  try {
    return await selectedLeaves(branches, rule);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return new Set();
  }
}

function describeUnmatched(findNear: NearFinder, key: string, item: ClusterItem, clusterPath: string): string {
  let near: readonly string[] = [];
  let told: string;
  try {
    near = findNear(parseSelector(key));
    told = describeMissing(key, near);
  } catch (error) {
    // It is no selector.
    if (!(error instanceof SopsError)) throw error;
    told = error.message;
  }
  const [same, another] = near.filter((other) => other.toLowerCase() === key.toLowerCase());
  return same === undefined || another !== undefined
    ? `${told} What was meant stays in plain text. Take ${key} out of \`encrypted_paths\`, and name what is meant: \`${encryptCommand(item, ["KEY"], clusterPath)}\`.`
    : `${told} What was meant stays in plain text until it is named: \`${encryptCommand(item, [same], clusterPath)}\` puts ${same} in the place of ${key}, and encrypts it.`;
}

function checkRecipients(
  metadata: Metadata,
  { recipient, previousRecipient, destroyed = [] }: LintOptions,
  path: string,
  place: Place | undefined,
  add: Add,
): void {
  const recipients = recipientsOf(metadata);
  if (recipient === undefined || recipients.includes(recipient)) return;
  if (previousRecipient !== undefined && recipients.includes(previousRecipient)) {
    const message = `Encrypted for ${previousRecipient}, which is being replaced by ${recipient}. Re-encrypt it: \`isosops org reencrypt ${shellPath(path)}\`.`;
    add("wrong-recipient", message, path, place);
    return;
  }
  const remedy = remedyForDestroyed(metadata, destroyed, recipient);
  if (remedy !== undefined) {
    const former = recipients.find((one) => destroyed.includes(one));
    const message = `Encrypted for ${former}, a former key of the organisation that was destroyed; its key is ${recipient} now. ${remedy}`;
    add("wrong-recipient", message, path, place);
    return;
  }
  // Who deploys it may have a key of another type.
  if (otherKeysOf(metadata).length > 0) return;
  const readers = recipients.length === 0 ? "no age key" : recipients.join(" and ");
  add(
    "wrong-recipient",
    `Encrypted for ${readers}, and the organisation's key is ${recipient}. ${place === undefined ? `Let somebody who can open it add this key: \`sops rotate -i --add-age ${recipient} ${shellPath(path)}\`` : "It stands in Base64: let somebody who can open it decrypt it there, and encrypt it here"}.`,
    path,
    place,
  );
}

/** Without an organisation, the recipients of the `.sops.yaml` rule are expected. */
async function checkReaders(
  recipients: readonly string[],
  { readersOf }: LintOptions,
  path: string,
  place: Place | undefined,
  add: Add,
): Promise<void> {
  const wanted = readersOf === undefined ? [] : await readersOf(path);
  const missing = wanted.filter((recipient) => !recipients.includes(recipient));
  if (missing.length === 0) return;
  const flags = missing.map((recipient) => ` --add-age ${recipient}`).join("");
  const message = `Not encrypted for ${missing.join(" and ")}, which its rule of .sops.yaml names. ${place === undefined ? `Let somebody who can open it add that: \`sops rotate -i${flags} ${shellPath(path)}\`` : "It stands in Base64: let somebody who can open it decrypt it there, and encrypt it here"}.`;
  add("wrong-recipient", message, path, place);
}

function duplicates({ stacks }: ClusterFile, file: string): ClusterFinding[] {
  const findings: ClusterFinding[] = [];
  const names = new Set<string>();
  for (const stack of stacks) {
    const { name } = stack;
    if (names.has(name)) {
      findings.push({
        rule: "duplicate",
        message: `There is more than one stack ${name}. Give each its own name.`,
        stack: name,
        kind: "stack",
        name,
        file,
        line: undefined,
        column: undefined,
      });
    }
    names.add(name);
    const items = new Set<string>();
    for (const { kind, name, line, column } of stack.items) {
      if (items.has(`${kind} ${name}`)) {
        findings.push({
          rule: "duplicate",
          message: `There is more than one ${kind} ${name} in the stack ${stack.name}. Give each its own name.`,
          stack: stack.name,
          kind,
          name,
          file,
          line,
          column,
        });
      }
      items.add(`${kind} ${name}`);
    }
  }
  return findings;
}
