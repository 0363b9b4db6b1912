/**
 * What holds for every document and rule, with the sops command as the judge. Written once; the tests beside this file
 * bring the documents.
 */
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { type Data, type Document, type Layout, toData } from "../../packages/core/dist/index.js";
import { storeByName } from "../../packages/formats/dist/index.js";
import { fromTree, type VectorNode, vectorBranch } from "../../packages/formats/test/vectors/tree.js";
import { ageSource } from "../../packages/isosops/dist/age.js";
import { decrypt, encrypt, SopsError } from "../../packages/isosops/dist/index.js";
import { drawnIn, encryptAgain, isInOrder } from "../replaying.js";
import { readKey } from "../tools.js";
import {
  type Circumstances,
  commentsOf,
  damagesInDecryption,
  emptyComments,
  excuse,
  type Kind,
  yamlDamage,
} from "./differences.js";
import { plainTexts } from "./ini-plain.js";
import { withoutComments } from "./losable.js";
import { mask } from "./mask.js";
import { differenceOutside } from "./outside.js";
import type { Selection } from "./rules.js";
import type { Format, Outcome, SopsServer, TreeOutcome } from "./sops.js";

export interface Item extends Selection {
  format: Format;
  source: string | Uint8Array;
  /** Encrypted and decrypted into this format too. */
  outputFormat?: Format | undefined;
}

/** How often what was so, to see that the documents are worth comparing. */
export type Tally = Map<string, number>;

export const { identity, recipient } = readKey("first");
const keySource = ageSource([identity]);

interface Written {
  bytes: Uint8Array;
  documents?: Record<string, Data>[];
}

interface Comparison extends Item {
  server: SopsServer;
  outputFormat: Format;
  document: Document | undefined;
  plain: readonly string[] | undefined;
  count(name: string): void;
}

/** Throws where anything differs that differences.ts does not list. */
export async function compare(server: SopsServer, item: Item, tally: Tally): Promise<void> {
  const count = (name: string) => void tally.set(name, (tally.get(name) ?? 0) + 1);
  count("documents");
  const document = read(item, "preserve");
  const plain = document?.store === "ini" ? await plainTexts(document, item.rule) : undefined;
  const same: Comparison = { ...item, server, document, plain, count, outputFormat: item.format };
  const theirs = await compareEncrypted(same);
  await compareRead(same);
  if (item.outputFormat !== undefined && item.outputFormat !== item.format) {
    await compareConverted({ ...same, outputFormat: item.outputFormat }, theirs);
  }
}

function read({ format, source }: Item, layout: Layout): Document | undefined {
  const store = storeByName(format);
  try {
    if (store.plain !== undefined) return store.plain.parse(Buffer.from(source as string));
    return typeof source === "string" ? store.parse(source, { layout }) : undefined;
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}

/** Values, types, comments and their order, as both read them from the plain file. */
async function compareRead(comparison: Comparison): Promise<void> {
  const { server, format, source } = comparison;
  const document = read(comparison, "sops");
  const { exit, branches } = await server.read(source, format);
  if (exit !== 0 || document === undefined || document.metadata !== undefined) return;
  expect(document.branches.map(fromTree), "the tree that is read").toEqual(branches);
}

/** Gives what sops encrypted, if it did and could read it again. */
async function compareEncrypted(comparison: Comparison): Promise<Outcome | undefined> {
  const { server, format, source, rule, macOnlyEncrypted, count } = comparison;
  const keys = { format, macOnlyEncrypted, recipients: [recipient] };
  const theirs = await server.encrypt(source, { ...keys, rule });
  const preserved = await attempt(() => encrypt(source, { ...keys, ...rule }));
  const sorted = await attempt(() => encrypt(source, { ...keys, ...rule, layout: "sops", allowLoss: true }));
  const isReadBack = await readsBack(comparison, theirs, sorted, preserved);
  const isTaken = bothTake(comparison, "encryption", theirs, sorted, isReadBack);
  let isPreserving = false;
  if (!(preserved instanceof Error)) isPreserving = await checkPreserved(comparison, preserved, sorted);
  else if (isTaken)
    excused(comparison, "refuses", { theirs, error: preserved, isReadBack }, "encryption in layout `preserve`");
  if (!isTaken || sorted instanceof Error || preserved instanceof Error) return undefined;
  const damage = damageOf(comparison);
  if (damage !== undefined) {
    count(`not compared, since sops damages it: ${damage}`);
    if (!damagesInDecryption.includes(damage)) {
      if (isPreserving) await compareWithSource(comparison, await server.decrypt(preserved.bytes, { format }));
      const [laidOut, read] = [await server.decrypt(sorted.bytes, { format }), await server.read(source, format)];
      // There may be other damage, which a MAC over encrypted values alone does not tell.
      if (laidOut.exit !== 0 || macOnlyEncrypted) count("not read by sops, which damages it");
      else expect(valuesOf(laidOut), "our layout sops, decrypted by sops").toEqual(valuesOf(read));
    }
    return undefined;
  }

  await compareReplayed(comparison, theirs, sorted);
  const read = format === "yaml" ? await server.read(source, format) : undefined;
  const [expected, ...outcomes] = await Promise.all(
    [theirs, preserved, sorted].map(({ bytes }) => server.decrypt(bytes, { format })),
  );
  const layouts = ["preserve", "sops"] as const;
  const mayKeep = excuse(circumstances(comparison, "keeps", {})) !== undefined;
  // In YAML, comments can come to stand elsewhere in the layout of sops. In the author's they do not.
  const keepsComments = format === "yaml" && isPreserving;
  if (keepsComments) await compareWithSource(comparison, outcomes[0]!);
  outcomes.forEach((outcome, index) => {
    const isPreserved = layouts[index] === "preserve";
    if (isPreserved && keepsComments) return;
    // What sops cannot read of its own, it may read from the other layout.
    if (expected!.exit !== 0 && isPreserved) return;
    if (isPreserved && format === "yaml") {
      checkFound(outcome, read!, text(preserved.bytes));
      return;
    }
    compareReadBySops(comparison, `our layout ${layouts[index]}, decrypted by sops`, outcome, expected!);
    if (shown(outcome) !== shown(expected!)) return;
    const tree = (branches: readonly VectorNode[]) => (isPreserved ? branches.map(asSopsWrites) : branches);
    const [ours, theirs] = [outcome, expected!].map(({ branches }) => JSON.parse(mask(JSON.stringify(tree(branches)))));
    if (isPreserved && mayKeep && !isDeepStrictEqual(ours, theirs)) excused(comparison, "keeps", {});
    else expect(ours, "the tree of that").toEqual(theirs);
  });
  if (expected!.exit !== 0) {
    count("not read by sops, which wrote it");
    return undefined;
  }
  const own = await attempt(() => decrypt(theirs.bytes, { format, identities: [identity], layout: "sops" }));
  if (own instanceof Error) return fail(comparison, "what sops encrypted is not decrypted", { error: own });
  compareWritten(comparison, "what sops encrypted, decrypted by us", text(own.bytes), text(expected!.bytes));
  if (text(own.bytes) === text(expected!.bytes)) {
    expect(own.documents, "data").toEqual(expected!.branches.map((branch) => toData(vectorBranch(branch))));
  }
  count("compared");
  return theirs;
}

/** What sops decrypts from our layout `preserve` is what it reads from the source. */
async function compareWithSource(comparison: Comparison, outcome: TreeOutcome): Promise<void> {
  const { server, source, format } = comparison;
  expect(outcome, "our layout preserve, decrypted by sops").toMatchObject({ exit: 0 });
  const read = await server.read(source, format);
  const [found, wanted] = [outcome, read].map(({ branches }) => branches.map(withoutInline));
  if (JSON.stringify(found) === JSON.stringify(wanted)) return;
  const both = { theirs: read, ours: JSON.stringify(found), written: JSON.stringify(wanted) };
  if (excuse(circumstances(comparison, "keeps", both)) === undefined) expect(found, "the tree of that").toEqual(wanted);
  excused(comparison, "keeps", both);
}

/** Given what sops drew at random, our bytes are those of sops. */
async function compareReplayed(comparison: Comparison, theirs: Outcome, ours: Written): Promise<void> {
  const { format, outputFormat, source, count } = comparison;
  const document = read(comparison, "sops");
  const [store, outputStore] = [storeByName(format), storeByName(outputFormat)];
  const drawn = await attempt(() => drawnIn(theirs.bytes.toString(), outputStore, keySource));
  // A file of sops may be one that nobody reads.
  const isKnown = !(drawn instanceof Error) && (await isInOrder(drawn, document!));
  if (isKnown) {
    const again = await encryptAgain(source, drawn, { store, outputStore });
    compareWritten(comparison, "replayed", again, theirs.bytes.toString());
    count("replayed");
  } else {
    compareWritten(comparison, "but for what is random", mask(text(ours.bytes)), mask(text(theirs.bytes)));
  }
}

/**
 * Checks the promises of layout `preserve`: what is not selected stays, and decrypting returns the source. False if the
 * document was reformatted.
 */
async function checkPreserved(
  comparison: Comparison,
  preserved: Written,
  sorted: Written | SopsError,
): Promise<boolean> {
  const { server, format, source, rule, count } = comparison;
  const encrypted = text(preserved.bytes);
  const plain = text(Buffer.from(source as string));
  if (format !== "binary") {
    const difference = await differenceOutside(plain, encrypted, format, rule);
    if (difference !== undefined) {
      // If the layout of sops is rejected, there is nothing to compare with, but everything must come back.
      const isLaidOut =
        sorted instanceof Error
          ? format === "yaml" && sorted.code === "unwritable"
          : bare(text(sorted.bytes), format) === bare(encrypted, format);
      if (!isLaidOut) fail(comparison, `outside of what is encrypted, ${difference}`);
      excused(comparison, "reformatted", {});
      if (format === "yaml") {
        await checkLaidOut(comparison, encrypted);
        return false;
      }
    }
  }
  const back = await attempt(() => decrypt(encrypted, { format, identities: [identity] }));
  if (back instanceof Error) return fail(comparison, "our own file is not decrypted", { error: back });
  if (text(back.bytes) === plain) {
    count("byte for byte");
    return true;
  }
  const ours = text(back.bytes);
  const otherwise = { ours };
  if (excuse(circumstances(comparison, "comes back otherwise", otherwise)) === undefined) {
    expect(ours, "our own file, decrypted").toBe(plain);
  }
  excused(comparison, "comes back otherwise", otherwise);
  const [before, after] = await Promise.all([server.read(source, format), server.read(back.bytes, format)]);
  // In YAML, comments around a scalar of several lines go elsewhere than around one of one line.
  const tree = ({ branches }: TreeOutcome) => {
    if (format === "ini") return branches.map(asSopsWrites);
    return format === "yaml" ? withoutComments(branches) : branches;
  };
  if (isDeepStrictEqual(tree(after), tree(before))) return true;
  // A reformatted file has the layout of sops, with its damage.
  if (excuse(circumstances(comparison, "damaged", {})) !== undefined) excused(comparison, "damaged", {});
  else expect(tree(after), "the tree of what comes back").toEqual(tree(before));
  return true;
}

/** Checks that all values of a reformatted YAML document come back, and no comment stays encrypted. */
async function checkLaidOut(comparison: Comparison, encrypted: string): Promise<void> {
  const { server, format, source } = comparison;
  const back = await attempt(() => decrypt(encrypted, { format, identities: [identity] }));
  if (back instanceof Error) fail(comparison, "our own reformatted file is not decrypted", { error: back });
  const [read, again] = await Promise.all([server.read(source, format), server.read(back.bytes, format)]);
  const what = "our own file, reformatted and decrypted";
  expect({ exit: again.exit, values: valuesOf(again) }, what).toEqual({ exit: 0, values: valuesOf(read) });
  expect(lockedComments(text(back.bytes)), `comments in ${what}`).toBe(lockedComments(source as string));
}

/** Checks that sops finds all values and all encrypted comments, maybe at other positions. It may lose plain comments. */
function checkFound(found: TreeOutcome, wanted: TreeOutcome, encrypted: string): void {
  const what = "our own file, reformatted, decrypted by sops";
  expect({ exit: found.exit, values: valuesOf(found) }, what).toEqual({ exit: 0, values: valuesOf(wanted) });
  const [comments, before] = [found, wanted].map(({ branches }) => commentsOf(branches));
  expect(lockedComments(comments!.join("\n")), `comments in ${what}`).toBe(lockedComments(before!.join("\n")));
  expect(comments!.length, `how many comments are in ${what}`).toBeGreaterThanOrEqual(lockedComments(encrypted));
}

function lockedComments(yaml: string): number {
  return yaml.match(/ENC\[AES256_GCM,[^\]]*,type:comment\]/g)?.length ?? 0;
}

function valuesOf({ branches }: TreeOutcome): VectorNode[] {
  return withoutComments(branches).map(asSopsWrites);
}

/**
 * Without comments, which may be lines where sops has items, without how long a number in its author's spelling is, and
 * with -0.0 as sops writes it, which it reads as another number.
 */
function bare(encrypted: string, format: Format): string {
  const isNoComment = ({ x }: VectorNode) => x === undefined || !/^ENC\[.*,type:comment\]$/.test(x);
  const withoutItems = (node: VectorNode): VectorNode => ({
    ...node,
    ...(node.m === undefined ? {} : { m: node.m.map(withoutItems) }),
    ...(node.s === undefined ? {} : { s: node.s.filter(isNoComment).map(withoutItems) }),
    ...(node.v === undefined ? {} : { v: withoutItems(node.v) }),
  });
  const trees = storeByName(format).parse(encrypted).branches.map(fromTree);
  return mask(JSON.stringify(withoutComments(trees).map(withoutItems).map(asSopsWrites))).replace(/data:\d+/g, "");
}

/** From one format into another, in encryption and in decryption. */
async function compareConverted(comparison: Comparison, encrypted: Outcome | undefined): Promise<void> {
  const { server, format, outputFormat, source, rule, macOnlyEncrypted, count } = comparison;
  const keys = { format, outputFormat, macOnlyEncrypted, recipients: [recipient] };
  if (damageOf(comparison) !== undefined) return;
  const theirs = await server.encrypt(source, { ...keys, rule });
  const ours = await attempt(() => encrypt(source, { ...keys, ...rule, layout: "sops", allowLoss: true }));
  const spelled = await attempt(() => encrypt(source, { ...keys, ...rule, allowLoss: true }));
  const isReadBack = await readsBack(comparison, theirs, ours);
  if (bothTake(comparison, `encryption as ${outputFormat}`, theirs, ours, isReadBack) && !(ours instanceof Error)) {
    await compareReplayed(comparison, theirs, ours);
    if (spelled instanceof Error) return fail(comparison, "refused by layout `preserve`", { error: spelled });
    const [expected, ...read] = await Promise.all(
      [theirs, ours, spelled].map(({ bytes }) => server.decrypt(bytes, { format: outputFormat })),
    );
    for (const outcome of read) {
      compareReadBySops(comparison, `our ${outputFormat}, decrypted by sops`, outcome, expected!);
    }
    count("converted");
  }
  if (encrypted === undefined) return;
  const plain = await server.decrypt(encrypted.bytes, { format, outputFormat });
  const own = await attempt(() => decrypt(encrypted.bytes, { format, outputFormat, identities: [identity] }));
  const isReadAgain =
    plain.exit === 0 && own instanceof Error
      ? isDeepStrictEqual(
          valuesOf(await server.read(plain.bytes, outputFormat)),
          valuesOf(await server.decrypt(encrypted.bytes, { format })),
        )
      : undefined;
  if (bothTake(comparison, `decryption as ${outputFormat}`, plain, own, isReadAgain) && !(own instanceof Error)) {
    compareWritten(comparison, `decrypted as ${outputFormat}`, text(own.bytes), text(plain.bytes));
  }
}

/** What sops does to the document when it writes it. */
function damageOf(comparison: Comparison): string | undefined {
  const { format, outputFormat } = comparison;
  const document = [format, outputFormat].includes("yaml") ? read(comparison, "sops") : undefined;
  const damage = document === undefined ? undefined : yamlDamage(document);
  return outputFormat === "yaml" || damage === emptyComments ? damage : undefined;
}

/** That a comment stood behind a value is forgotten in its decryption. */
function withoutInline({ i: _, ...node }: VectorNode): VectorNode {
  const { m, s, v } = node;
  return {
    ...node,
    ...(m === undefined ? {} : { m: m.map(withoutInline) }),
    ...(s === undefined ? {} : { s: s.map(withoutInline) }),
    ...(v === undefined ? {} : { v: withoutInline(v) }),
  };
}

/**
 * What stays plain in layout `preserve` keeps its spelling: a float `1.0`, for which sops writes 1, and reads an int, or
 * `-0.0`, for which it writes -0, and reads 0; an empty comment, which sops drops; a sign or blanks before the words of a comment.
 */
function asSopsWrites(node: VectorNode): VectorNode {
  const { m, s, v, t, c } = node;
  const items = (nodes: VectorNode[]) => nodes.map(asSopsWrites).filter(({ c }) => c !== "");
  return {
    ...node,
    ...(m === undefined ? {} : { m: items(m) }),
    ...(s === undefined ? {} : { s: items(s) }),
    ...(v === undefined ? {} : { v: asSopsWrites(v) }),
    ...(t === "int" ? { t: "float" } : {}),
    ...(t === "float" && node.x === "-0" ? { x: "0" } : {}),
    ...(c === undefined ? {} : { c: c.split("\n").map(withoutBlanks).join("\n") }),
  };
}

/** A line of a comment, with no sign before it but the first. */
function withoutBlanks(line: string): string {
  return line.replace(/^[;#\s\x85]+|[\s\x85]+$/g, "");
}

/** What both wrote in the layout of sops. */
function compareWritten(comparison: Comparison, what: string, ours: string, theirs: string): void {
  if (ours === theirs) return;
  const both = { ours, written: theirs };
  if (excuse(circumstances(comparison, "writes", both)) === undefined) expect(ours, what).toBe(theirs);
  excused(comparison, "writes", both);
}

/** What sops makes of our file and of its own. */
function compareReadBySops(comparison: Comparison, what: string, ours: TreeOutcome, expected: TreeOutcome): void {
  // A comment that has come to stand elsewhere is not decrypted, and its ciphertext is random.
  if (mask(shown(ours)) === mask(shown(expected))) return;
  const [found, wanted] =
    comparison.format === "yaml"
      ? [ours, expected].map(({ branches }) => JSON.stringify(branches))
      : [shown(ours), shown(expected)];
  const both = { theirs: expected, ours: found, written: wanted };
  const kind = expected.exit === 0 ? "keeps" : "damaged";
  if (excuse(circumstances(comparison, kind, both)) === undefined) expect(shown(ours), what).toBe(shown(expected));
  excused(comparison, kind, both);
}

async function attempt<T>(operation: () => Promise<T>): Promise<T | SopsError> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof SopsError) return error;
    throw error;
  }
}

/** Whether there is something to compare; what one of the two refuses alone has to be excused. */
function bothTake(
  comparison: Comparison,
  what: string,
  theirs: Outcome,
  ours: Written | SopsError,
  isReadBack?: boolean,
): boolean {
  const error = ours instanceof Error ? ours : undefined;
  if (theirs.exit === 0 && error === undefined) return true;
  if (theirs.exit !== 0 && error !== undefined) {
    comparison.count(`refused: ${what}`);
    // The one refusal that has nothing to do with the text.
    // In YAML there may be more than one reason, and of a `sops` entry in a later document sops finds out last.
    // Nor of an ENV file with carriage returns, where sops refuses a blank line before it looks at the names.
    const { format, source } = comparison;
    const readsOn = format === "yaml" || (format === "dotenv" && text(Buffer.from(source)).includes("\r"));
    if (what === "encryption" && !readsOn) {
      expect(error.code === "already_encrypted", error.message).toBe(theirs.exit === 203);
    }
    return false;
  }
  const kind = error === undefined ? "takes" : "refuses";
  excused(comparison, kind, { theirs, error, isReadBack }, what);
  return false;
}

/** Whether sops decrypts its own file to the values of the source, where we refuse to write one. */
async function readsBack(
  { server, source, format, outputFormat }: Comparison,
  theirs: Outcome,
  ...ours: (Written | SopsError)[]
): Promise<boolean | undefined> {
  if (theirs.exit !== 0 || !ours.some((one) => one instanceof Error && one.code === "unwritable")) return undefined;
  const read = await server.read(source, format);
  const back = await server.decrypt(theirs.bytes, { format: outputFormat });
  return back.exit === 0 && isDeepStrictEqual(valuesOf(back), valuesOf(read));
}

function circumstances(comparison: Comparison, kind: Kind, more: Partial<Circumstances>): Circumstances {
  const { format, outputFormat, source, document, plain } = comparison;
  return {
    kind,
    format,
    outputFormat,
    source: text(Buffer.from(source as string)),
    document,
    plain,
    ...more,
  };
}

function excused(comparison: Comparison, kind: Kind, more: Partial<Circumstances>, what: string = kind): void {
  const reason = excuse(circumstances(comparison, kind, more));
  if (reason === undefined) fail(comparison, `${kind}: ${what}`, more);
  comparison.count(`${kind}: ${reason}`);
}

function fail(comparison: Comparison, problem: string, more: Partial<Circumstances> = {}): never {
  const { theirs, error } = more;
  const said = theirs === undefined ? "" : `\nsops: exit ${theirs.exit} ${theirs.message}`;
  const own = error === undefined ? "" : `\nisosops: ${error.code} ${error.message}`;
  throw new Error(`${comparison.format}: ${problem}${said}${own}`);
}

/** As text, or with a character for each byte if it is not UTF-8. */
function text(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("latin1");
  }
}

function shown({ exit, message, bytes }: Outcome): string {
  if (exit === 0) return mask(text(bytes));
  // Where a rule selects other values than it did, ciphertexts count for the MAC.
  return `exit ${exit}: ${message.replace(/computed [0-9A-F]+/, "computed ...")}`;
}
