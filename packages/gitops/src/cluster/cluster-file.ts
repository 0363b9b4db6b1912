import { type Document, lookup, type Mapping, type Node, parseSource, placeFinder } from "@isosops/core";
import { nearNames } from "@isosops/core/select";
import { loadStore } from "@isosops/formats/load";
import { GitopsError } from "../error.js";

/** The contents of a `cluster.yaml` (`kind: ImportCluster`). */
export interface ClusterFile {
  /** `metadata.name`; undefined if it has none. */
  readonly name: string | undefined;
  /** `spec.sops.decryption`: whether the cluster decrypts what it deploys; undefined if it is not set. */
  readonly decryption: boolean | undefined;
  readonly stacks: readonly Stack[];
}

/** A stack of a cluster (`spec.stacks[]`). */
export interface Stack {
  readonly name: string;
  /** In file order, manifests first. */
  readonly items: readonly ClusterItem[];
}

/** A manifest (`spec.stacks[].manifests[]`), or the Helm values of an addon (`spec.stacks[].addons[].configuration`). */
export interface ClusterItem extends Position {
  readonly kind: "manifest" | "addon";
  readonly name: string;
  readonly stack: string;
  /** An addon's chart. */
  readonly chart: string | undefined;
  /** Undefined for an addon without a configuration. */
  readonly content: ItemContent | undefined;
  /** `encrypted_paths`. */
  readonly marks: readonly Mark[];
  /** The path of the mapping that contains `from_file` and `encrypted_paths`, from the root of the file. */
  readonly path: readonly (string | number)[];
}

/** Where the content of an item is. */
export type ItemContent =
  /** `from_file`, relative to the folder of the cluster file. */
  | ({ readonly kind: "file"; readonly path: string } & Position)
  /** `manifest_base64` or `values_base64`, as written. */
  | ({
      readonly kind: "inline";
      readonly field: "manifest_base64" | "values_base64";
      readonly base64: string;
    } & Position);

/** An item of `encrypted_paths`. */
export interface Mark extends Position {
  readonly key: string;
}

/** 1-based, in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Parses a cluster file.
 *
 * @param source - YAML
 * @param filename - Used in error messages.
 * @throws {GitopsError} `cluster` if it is not a valid cluster file, with `line` and `column`.
 * @throws {SopsError} `syntax` if it is not YAML.
 * @example
 * ```ts
 * const { stacks } = await parseCluster(await readFile("cluster.yaml", "utf8"));
 * for (const { name, items } of stacks) console.log(name, items.length);
 * ```
 */
export async function parseCluster(source: string, filename = "cluster.yaml"): Promise<ClusterFile> {
  const store = await loadStore("yaml");
  const document = await parseSource(store, source, { filename });
  const reader: Reader = { filename, placeAt: placeFinder(source) };
  const root = checkDocument(document, reader);
  const spec = mappingAt(reader, root, "spec");
  const sops = spec === undefined ? undefined : mappingAt(reader, spec, "sops");
  const stacks: Stack[] = [];
  for (const [index, node] of listAt(reader, spec, "stacks").entries()) {
    const stack = asMapping(reader, node, "Each item of `stacks`");
    const name = requiredText(reader, stack, "name", "stack");
    const path = ["spec", "stacks", index];
    stacks.push({
      name,
      items: [...readManifests(reader, stack, name, path), ...readAddons(reader, stack, name, path)],
    });
  }
  const name = nameOf(root);
  return { name, decryption: sops === undefined ? undefined : booleanAt(reader, sops, "decryption"), stacks };
}

function nameOf(root: Mapping): string | undefined {
  const metadata = lookup(root, "metadata");
  const name = metadata?.kind === "mapping" ? lookup(metadata, "name") : undefined;
  return name === undefined ? undefined : textOf(name);
}

interface Reader {
  readonly filename: string;
  readonly placeAt: (offset: number) => Position;
}

function checkDocument({ branches, metadata }: Document, reader: Reader): Mapping {
  const [root, second] = branches as [Mapping, Mapping?];
  if (metadata !== undefined) {
    throw fail(
      reader,
      root,
      "The cluster file itself is encrypted. Decrypt it: only what it names is to be encrypted.",
    );
  }
  if (second !== undefined) {
    throw fail(reader, second, "There is a second document (`---`). Put each cluster into its own file.");
  }
  const kind = lookup(root, "kind");
  if (kind?.kind !== "leaf" || kind.text !== "ImportCluster") {
    throw fail(reader, kind ?? root, "This is not a cluster file: it must have `kind: ImportCluster` at the top.");
  }
  return root;
}

function readManifests(reader: Reader, stack: Mapping, name: string, above: readonly (string | number)[]) {
  return listAt(reader, stack, "manifests").map((node, index): ClusterItem => {
    const manifest = asMapping(reader, node, "Each item of `manifests`");
    const content = contentOf(reader, manifest, "manifest_base64");
    if (content === undefined) {
      throw fail(reader, manifest, "This manifest has neither `from_file` nor `manifest_base64`. Give one.");
    }
    return {
      ...placeAt(reader, manifest),
      kind: "manifest",
      name: requiredText(reader, manifest, "name", "manifest"),
      stack: name,
      chart: undefined,
      content,
      marks: marksOf(reader, manifest),
      path: [...above, "manifests", index],
    };
  });
}

function readAddons(reader: Reader, stack: Mapping, name: string, above: readonly (string | number)[]) {
  return listAt(reader, stack, "addons").map((node, index): ClusterItem => {
    const addon = asMapping(reader, node, "Each item of `addons`");
    const configuration = mappingAt(reader, addon, "configuration");
    return {
      ...placeAt(reader, addon),
      kind: "addon",
      name: requiredText(reader, addon, "name", "addon"),
      stack: name,
      chart: textAt(reader, addon, "chart_name"),
      content: configuration === undefined ? undefined : contentOf(reader, configuration, "values_base64"),
      marks: configuration === undefined ? [] : marksOf(reader, configuration),
      path: [...above, "addons", index, "configuration"],
    };
  });
}

function contentOf(reader: Reader, from: Mapping, field: "manifest_base64" | "values_base64"): ItemContent | undefined {
  const path = textAt(reader, from, "from_file");
  const base64 = textAt(reader, from, field);
  if (path !== undefined && base64 !== undefined) {
    throw fail(reader, from, `There are both \`from_file\` and \`${field}\`. Give one.`);
  }
  if (path !== undefined) return { kind: "file", path, ...placeAt(reader, lookup(from, "from_file")!) };
  return base64 === undefined ? undefined : { kind: "inline", field, base64, ...placeAt(reader, lookup(from, field)!) };
}

function marksOf(reader: Reader, from: Mapping): Mark[] {
  return listAt(reader, from, "encrypted_paths").map((node) => {
    const key = textOf(node);
    if (key === undefined || key === "") {
      throw fail(
        reader,
        node,
        "Each item of `encrypted_paths` must be the name of a key or a path, such as `password`.",
      );
    }
    return { key, ...placeAt(reader, node) };
  });
}

/** Empty if it is missing or null. */
function listAt(reader: Reader, from: Mapping | undefined, name: string): Node[] {
  const node = from === undefined ? undefined : lookup(from, name);
  if (node === undefined || isNull(node)) return [];
  if (node.kind !== "sequence") {
    throw fail(reader, node, `\`${name}\` must be a list, with \`- item\` lines.`);
  }
  return node.items.filter((item): item is Node => item.kind !== "comment");
}

function mappingAt(reader: Reader, from: Mapping, name: string): Mapping | undefined {
  const node = lookup(from, name);
  return node === undefined || isNull(node) ? undefined : asMapping(reader, node, `\`${name}\``);
}

function asMapping(reader: Reader, node: Node, what: string): Mapping {
  if (node.kind === "mapping") return node;
  throw fail(reader, node, `${what} must be a mapping, with \`key: value\` lines.`);
}

/** Undefined if it is missing, null or empty. */
function textAt(reader: Reader, from: Mapping, name: string): string | undefined {
  const node = lookup(from, name);
  if (node === undefined || isNull(node)) return undefined;
  const text = textOf(node);
  if (text === undefined) throw fail(reader, node, `\`${name}\` must be a string.`);
  return text === "" ? undefined : text;
}

function requiredText(reader: Reader, from: Mapping, name: string, what: string): string {
  const text = textAt(reader, from, name);
  if (text !== undefined) return text;
  throw fail(reader, lookup(from, name) ?? from, `This ${what} has no \`${name}\`. Give it one.`);
}

/** A number or bool in the place of a string is taken as written. */
function textOf(node: Node): string | undefined {
  if (node.kind !== "leaf" || node.type === "null" || typeof node.text !== "string") return undefined;
  return node.spelling ?? (node.type === "bool" ? node.text.toLowerCase() : node.text);
}

function booleanAt(reader: Reader, from: Mapping, name: string): boolean | undefined {
  const node = lookup(from, name);
  if (node === undefined || isNull(node)) return undefined;
  if (node.kind === "leaf" && node.type === "bool") return node.text === "True";
  throw fail(reader, node, `\`${name}\` must be true or false.`);
}

function isNull(node: Node): boolean {
  return node.kind === "leaf" && node.type === "null";
}

function placeAt(reader: Reader, node: Node): Position {
  return reader.placeAt(Math.max(0, node.start));
}

function fail(reader: Reader, node: Node, problem: string): GitopsError {
  const place = placeAt(reader, node);
  const where = `${reader.filename}, line ${place.line}, column ${place.column}`;
  return new GitopsError("cluster", `${where}: ${problem}`, [], undefined, place);
}

/** Identifies an item of a cluster file. */
export interface ItemName {
  readonly kind: "manifest" | "addon";
  readonly name: string;
  /** Required if several stacks have an item of that name. */
  readonly stack?: string | undefined;
}

/** @throws {GitopsError} `unknown_item`. */
/**
 * Finds a manifest or addon of a cluster.
 *
 * @throws {GitopsError} `unknown_item` if there is none of that name, or more than one.
 */
export function findItem({ stacks }: Pick<ClusterFile, "stacks">, { kind, name, stack }: ItemName): ClusterItem {
  const searched = stack === undefined ? stacks : [findStack({ stacks }, stack)];
  const all = searched.flatMap(({ items }) => items).filter((item) => item.kind === kind);
  const found = all.filter((item) => item.name === name);
  const [item] = found;
  if (found.length === 1 && item !== undefined) return item;
  const where = stack === undefined ? "" : ` in the stack ${stack}`;
  if (item === undefined) {
    const other = kind === "manifest" ? "addon" : "manifest";
    const isOther = searched.some(({ items }) => items.some((one) => one.kind === other && one.name === name));
    const hint = isOther ? ` ${name} is ${other === "addon" ? "an addon" : "a manifest"}.` : suggest(name, all);
    throw unknown(`There is no ${kind} ${name}${where}.${hint}`);
  }
  const names = new Set(found.map((one) => one.stack));
  throw unknown(
    names.size > 1
      ? `There is ${kind === "addon" ? "an" : "a"} ${kind} ${name} in each of the stacks ${[...names].join(" and ")}. Say which stack is meant (\`--stack\`).`
      : `There are ${found.length} ${kind}s ${name} in the stack ${item.stack}. Give each its own name.`,
  );
}

/** @throws {GitopsError} `unknown_item`. */
/**
 * Finds a stack of a cluster.
 *
 * @throws {GitopsError} `unknown_item` if there is none of that name, or more than one.
 */
export function findStack({ stacks }: Pick<ClusterFile, "stacks">, name: string): Stack {
  const found = stacks.filter((stack) => stack.name === name);
  const [stack] = found;
  if (found.length === 1 && stack !== undefined) return stack;
  throw unknown(
    stack === undefined
      ? `There is no stack ${name}.${suggest(name, stacks)}`
      : `There are ${found.length} stacks ${name}. Give each its own name.`,
  );
}

const mostShown = 10;

function suggest(name: string, all: readonly { readonly name: string }[]): string {
  const names = [...new Set(all.map((one) => one.name))];
  const near = nearNames(name, names);
  if (near.length > 0) return ` Did you mean ${near.join(" or ")}?`;
  if (names.length === 0) return "";
  return names.length > mostShown ? "" : ` There ${names.length === 1 ? "is" : "are"} ${names.join(", ")}.`;
}

function unknown(message: string): GitopsError {
  return new GitopsError("unknown_item", message);
}
