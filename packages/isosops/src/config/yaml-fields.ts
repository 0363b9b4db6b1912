import { type Mapping, type Node, SopsError } from "@isosops/core";

/** Reads fields of a YAML mapping like go-yaml decodes them into Go types. Errors name the position. */
export interface FieldReader {
  /** "" if it is missing or null. */
  string(from: Mapping, name: string): string;
  boolean(from: Mapping, name: string): boolean;
  /** Undefined if it is missing or null. */
  integer(from: Mapping, name: string): number | undefined;
  mapping(from: Mapping, name: string): Mapping | undefined;
  mappings(from: Mapping, name: string): Mapping[] | undefined;
  strings(from: Mapping, name: string): string[];
  /** A list, or a comma-separated text (config.go, `parseKeyField`). */
  stringOrStrings(from: Mapping, name: string): string[];
  line(node: Node): number;
  error(node: Node, problem: string): SopsError;
}

export function fieldReader(source: string, filename: string): FieldReader {
  const lineOf = lineCounter(source);
  const reader: FieldReader = {
    string(from, name) {
      const node = find(from, name);
      return node === undefined ? "" : scalar(node, name, "text");
    },
    boolean(from, name) {
      const node = find(from, name);
      if (node === undefined || isNull(node)) return false;
      if (node.kind === "leaf" && node.type === "bool") return node.text === "True";
      // go-yaml accepts the words of YAML 1.1 if a bool is expected.
      if (node.kind === "leaf" && ["y", "Y", "yes", "on"].includes(node.text as string)) return true;
      if (node.kind === "leaf" && ["n", "N", "no", "off"].includes(node.text as string)) return false;
      throw reader.error(node, `\`${name}\` must be true or false.`);
    },
    integer(from, name) {
      const node = find(from, name);
      if (node === undefined || isNull(node)) return undefined;
      const number = node.kind === "leaf" && (node.type === "int" || node.type === "float") ? Number(node.text) : NaN;
      if (!Number.isFinite(number)) throw reader.error(node, `\`${name}\` must be a number.`);
      return Math.trunc(number);
    },
    mapping(from, name) {
      const node = find(from, name);
      if (node === undefined || isNull(node)) return undefined;
      if (node.kind !== "mapping")
        throw reader.error(node, `\`${name}\` must be a mapping, \`key: value\` lines below it.`);
      return node;
    },
    mappings(from, name) {
      const node = find(from, name);
      if (node === undefined || isNull(node)) return undefined;
      if (node.kind !== "sequence") throw reader.error(node, `\`${name}\` must be a list, each item behind a \`- \`.`);
      return items(node).map((item) => {
        if (item.kind === "mapping") return item;
        // An empty item.
        if (isNull(item)) return { kind: "mapping", items: [], start: item.start, end: item.end };
        throw reader.error(item, `Each item of \`${name}\` must be a mapping, such as \`- age: age1...\`.`);
      });
    },
    strings(from, name) {
      const node = find(from, name);
      if (node === undefined || isNull(node)) return [];
      if (node.kind !== "sequence") throw reader.error(node, `\`${name}\` must be a list, each item behind a \`- \`.`);
      return items(node).map((item) => scalar(item, name, "a list of texts"));
    },
    stringOrStrings(from, name) {
      const node = find(from, name);
      if (node === undefined || isNull(node)) return [];
      if (node.kind === "leaf" && node.type === "str") {
        const parts = scalar(node, name, "text").split(",");
        return parts.map((part) => part.trim()).filter((part) => part !== "");
      }
      if (node.kind !== "sequence" || items(node).some((item) => item.kind !== "leaf" || item.type !== "str")) {
        throw reader.error(node, `\`${name}\` must be text with commas between its keys, or a list of texts.`);
      }
      return items(node).map((item) => scalar(item, name, "text"));
    },
    line: (node) => lineOf(node.start),
    error(node, problem) {
      const line = lineOf(node.start);
      return new SopsError("config", `${filename}, line ${line}: ${problem}`, { line });
    },
  };

  function scalar(node: Node, name: string, wanted: string): string {
    if (node.kind !== "leaf" || typeof node.text !== "string")
      throw reader.error(node, `\`${name}\` must be ${wanted}.`);
    // Text is expected, so a number or bool is used as written.
    return node.spelling ?? (node.type === "bool" ? node.text.toLowerCase() : node.text);
  }

  return reader;
}

/** The value of a key, or that from a merge key `<<`. */
function find(from: Mapping, name: string, depth = 0): Node | undefined {
  let merged: Node | undefined;
  for (const item of from.items) {
    if (item.kind !== "entry") continue;
    if (item.key === name) return item.value;
    if (item.key === "<<") merged = item.value;
  }
  if (merged === undefined || depth > 50) return undefined;
  const sources = merged.kind === "sequence" ? items(merged) : [merged];
  for (const source of sources) {
    const found = source.kind === "mapping" ? find(source, name, depth + 1) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function items(node: Extract<Node, { kind: "sequence" }>): Node[] {
  return node.items.filter((item): item is Node => item.kind !== "comment");
}

function isNull(node: Node): boolean {
  return node.kind === "leaf" && node.type === "null";
}

/** Counts lines from the previous offset, or from the start for an earlier one: rules are read in file order. */
function lineCounter(source: string): (offset: number) => number {
  let line = 1;
  let counted = 0;
  return (offset) => {
    if (offset < counted) {
      line = 1;
      counted = 0;
    }
    for (let at = source.indexOf("\n", counted); at !== -1 && at < offset; at = source.indexOf("\n", counted)) {
      line++;
      counted = at + 1;
    }
    return line;
  };
}
