/** What holds for a text with a marker in it, under a rule that encrypts everything. */
import { expect } from "vitest";
import type { Comment, Document, Entry, Leaf, Node } from "../../packages/core/dist/index.js";
import { storeByName } from "../../packages/formats/dist/index.js";
import { fromTree, type VectorNode } from "../../packages/formats/test/vectors/tree.js";
import { decrypt, encrypt, SopsError, verify } from "../../packages/isosops/dist/index.js";
import { excuse } from "../differential/differences.js";
import { identity, recipient, type Tally } from "../differential/property.js";
import type { Format, SopsServer } from "../differential/sops.js";
import { type MarkedFormat, marker, markersIn } from "./marks.js";

/** Matches no key. */
const everything = { unencryptedSuffix: "_never" };

/**
 * Encrypt a text: no marker is left in it but in keys and structure, sops opens it, it comes back, and where the marker is put
 * back into it in plain text, `verify` says so. Without a server, sops is not asked.
 */
export async function checkMarked(
  source: string,
  format: MarkedFormat,
  tally: Tally,
  server: SopsServer | undefined,
): Promise<void> {
  const count = (what: string) => void tally.set(what, (tally.get(what) ?? 0) + 1);
  count("texts");
  const encrypted = await attempt(() => encrypt(source, { format, recipients: [recipient], ...everything }));
  if (encrypted instanceof SopsError) {
    count(`refused: ${encrypted.code}`);
    return;
  }
  const document = format === "binary" ? undefined : storeByName(format).parse(source);
  const isOfSops = format !== "toml" && format !== "xml";
  const branches =
    isOfSops && server !== undefined ? (await server.read(source, format)).branches : document?.branches.map(fromTree);
  const times = format === "xml" ? 2 : 1;
  const allowed =
    times * (branches ?? []).reduce((sum, branch) => sum + inKeys(branch), 0) + inStructure(source, format);
  const left = markersIn(encrypted.text);
  if (left > allowed) expect.fail(`the marker is left in\n${source}\nas\n${encrypted.text}`);
  if (left > 0) count("in keys, tags and the like");

  const back = await decrypt(encrypted.text, { format, identities: [identity] });
  if (back.text !== source) await checkOtherwise(source, format, document!, back.text, server, count);
  if (isOfSops && server !== undefined) await checkSops(source, format, encrypted.text, server, count);
  if (document !== undefined) await checkVerify(document, encrypted.text, format, count);
}

async function attempt<T>(operation: () => Promise<T>): Promise<T | SopsError> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof SopsError) return error;
    throw error;
  }
}

function inKeys({ m = [], s = [], k = "", v }: VectorNode): number {
  return [...m, ...s, ...(v === undefined ? [] : [v])].reduce((sum, node) => sum + inKeys(node), markersIn(k));
}

/** In tags, anchors, aliases and directives; in names that XML has beside those of keys, and where a document type lies. */
const structure: Partial<Record<MarkedFormat, RegExp>> = {
  yaml: /[&*!%][^\s,[\]{}#]*/g,
  xml: /<\?[^\s?<>]*|<!DOCTYPE[^[']*|(?<=SYSTEM )'[^']*'|<!ELEMENT[^<>]*/g,
};

function inStructure(source: string, format: MarkedFormat): number {
  const pieces = structure[format] === undefined ? [] : (source.match(structure[format]) ?? []);
  return pieces.reduce((sum, piece) => sum + markersIn(piece), 0);
}

/** What layout `preserve` cannot keep is in the README of the formats, and the comparison with sops knows it. */
async function checkOtherwise(
  source: string,
  format: MarkedFormat,
  document: Document,
  ours: string,
  server: SopsServer | undefined,
  count: (what: string) => void,
): Promise<void> {
  const kind = "comes back otherwise" as const;
  const as = format as Format;
  expect(markersIn(ours), "markers that come back").toBeGreaterThanOrEqual(Math.min(1, markersIn(source)));
  if (format === "xml" && withoutSections(ours) === withoutSections(source)) {
    count(kind);
    return;
  }
  const reason = excuse({ kind, format: as, outputFormat: as, source, document, ours });
  if (reason !== undefined) {
    count(kind);
    return;
  }
  const isReformatted = excuse({ kind: "reformatted", format: as, outputFormat: as, source, document }) !== undefined;
  if (isReformatted) count("reformatted");
  else {
    // Other quotes, for one.
    if (format !== "yaml" || server === undefined) expect(ours, "what comes back").toBe(source);
    const [found, wanted] = await Promise.all([ours, source].map((text) => server!.read(text, as)));
    expect(found!.branches, `what comes back, ${ours}`).toEqual(wanted!.branches);
    expect(markersIn(ours)).toBe(markersIn(source));
    count("comes back with the same values");
  }
}

/** CDATA sections that have other text beside them come back as that. */
function withoutSections(xml: string): string {
  return xml.replace(/!\[CDATA|&lt;|&gt;|[<>[\]]/g, "");
}

async function checkSops(
  source: string,
  format: Format,
  text: string,
  server: SopsServer,
  count: (what: string) => void,
): Promise<void> {
  const opened = await server.decrypt(text, { format });
  if (opened.exit === 0) {
    count("opened by sops");
    return;
  }
  const theirs = await server.encrypt(source, { format, recipients: [recipient], rule: everything });
  const own = theirs.exit === 0 ? await server.decrypt(theirs.bytes, { format }) : theirs;
  if (own.exit === 0) expect.fail(`sops does not open ${opened.message}\n${source}\n${text}`);
  count("not opened by sops, nor is its own");
}

type Marked = Leaf | Comment;

/** What an earlier version would have left in plain text is found. */
async function checkVerify(
  document: Document,
  text: string,
  format: MarkedFormat,
  count: (what: string) => void,
): Promise<void> {
  const [before, after] = [document, storeByName(format).parse(text)].map(({ branches }) => branches.flatMap(textsOf));
  if (before!.length !== after!.length) return count("not looked at by verify: other comments");
  const index = before!.findIndex((node) => typeof node.text === "string" && node.text.includes(marker));
  if (index === -1) return count("not looked at by verify: in no value or comment");
  const [was, is] = [before![index]!, after![index]!];
  // Of several pieces that are one comment, the first has the place.
  if (!document.source.slice(was.start, was.end).includes(marker)) return count("not looked at by verify: in pieces");
  if (was.kind !== is.kind || was.start < 0 || is.start < 0) return count("not looked at by verify: moved");
  const left = text.slice(0, is.start) + document.source.slice(was.start, was.end) + text.slice(is.end);
  const { findings } = await verify(left, { format });
  const line = left.slice(0, left.indexOf(marker, is.start)).split("\n").length;
  const isFound = findings.some(({ region }) => region !== undefined && region.line <= line && region.endLine >= line);
  const isBroken = findings.some(({ rule }) => rule === "syntax" || rule === "missing-block");
  if (!isFound && !isBroken) expect.fail(`verify does not find line ${line} of\n${left}\n${JSON.stringify(findings)}`);
  count(`found by verify: ${was.kind}`);
}

function textsOf(node: Entry | Node | Comment): Marked[] {
  if (node.kind === "entry") return [...textsOf(node.value), ...(node.carried ?? []).map(({ leaf }) => leaf)];
  if (node.kind === "leaf" || node.kind === "comment") return [node];
  return node.items.flatMap(textsOf);
}
