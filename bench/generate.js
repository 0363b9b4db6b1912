// The files that are measured: the same data as YAML and as JSON, made from a fixed seed, so that everybody measures the
// same bytes. The shape is that of a large settings file: services by name, each with some twenty values, three levels deep.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** In the name of every file made, so that files of another shape are not taken for these. */
const shape = 2;
const seed = 20_240_229;

export const cacheFolder = fileURLToPath(new URL(".cache", import.meta.url));

/** A number from 0 up to 1 per call, by the mulberry32 generator: 32 bits of state, the same on every machine. */
function randomNumbers(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const hex = "0123456789abcdef";
const letters = "abcdefghijklmnopqrstuvwxyz";
const base64 = `${letters.toUpperCase()}${letters}0123456789+/`;
const printable = `${letters}${letters.toUpperCase()}0123456789!#$%&'()*+,-./:;<=>?@[]^_{|}~"\\`;
const words =
  "account audit backup billing cache cluster customer default deploy export gateway import ingress invoice ledger mailer " +
  "metric network notice order partner payment policy portal queue record region report retry search session shipping " +
  "staging stock storage tenant token upload vendor worker größe café";
const wordList = words.split(" ");

function makeValues(random) {
  const below = (limit) => Math.floor(random() * limit);
  const pick = (list) => list[below(list.length)];
  const characters = (alphabet, length) => {
    let text = "";
    for (let i = 0; i < length; i++) text += alphabet[below(alphabet.length)];
    return text;
  };
  const sentence = (length) => {
    let text = pick(wordList);
    while (text.length < length) text += ` ${pick(wordList)}`;
    return text.slice(0, length).trimEnd().padEnd(8, "s");
  };
  // 8 to 60 characters, most of them short.
  const length = () => 8 + Math.floor(53 * random() ** 2);
  const name = () => `${pick(wordList)}-${pick(wordList)}`.normalize("NFD").replace(/[^a-z-]/g, "");
  const string = () => {
    const kind = random();
    if (kind < 0.3) return characters(base64, length());
    // A letter first: 634e9032 is a string to sops and a float beyond all bounds to others.
    if (kind < 0.5) return pick("abcdf") + characters(hex, length() - 1);
    if (kind < 0.65) return characters(printable, length());
    if (kind < 0.8) return `https://${name()}.example.com/${characters(letters, 4 + below(12))}`;
    return sentence(length());
  };
  const integer = () => (random() < 0.8 ? below(65_536) : below(2 ** 40) - 2 ** 39);
  const float = () => below(100_000) / 100 + 0.005;
  const list = () => Array.from({ length: 2 + below(3) }, () => (random() < 0.8 ? string() : integer()));
  return { below, pick, characters, name, string, integer, float, list };
}

function makeService(values) {
  const { below, pick, characters, name, string, integer, float, list } = values;
  const service = {
    owner: `${name()}@example.com`,
    enabled: below(10) > 0,
    replicas: 1 + below(12),
    threshold: float(),
    database: {
      host: `${name()}.example.internal`,
      port: 1024 + below(60_000),
      user: name(),
      password: string(),
      options: { sslmode: pick(["verify-full", "verify-ca"]), timeout: float(), pool: below(64) },
    },
    tokens: {},
    hosts: list(),
    env: {},
  };
  for (let i = 1 + below(3); i > 0; i--) service.tokens[`${pick(wordList)}_${characters(hex, 4)}`] = string();
  for (let i = 2 + below(5); i > 0; i--) {
    const kind = below(20);
    const value =
      kind < 14 ? string() : kind < 17 ? integer() : kind < 18 ? float() : kind < 19 ? below(2) === 1 : list();
    service.env[`${pick(wordList)}_${pick(wordList)}_${characters(hex, 3)}`.toUpperCase()] = value;
  }
  return service;
}

function countLeaves(value) {
  if (typeof value !== "object") return 1;
  let count = 0;
  for (const child of Object.values(value)) count += countLeaves(child);
  return count;
}

/** Exactly `leaves` values under `services`, none of them null, an empty string or an empty collection. */
export function generateData(leaves) {
  const values = makeValues(randomNumbers(seed));
  const services = {};
  let left = leaves;
  for (let i = 0; left > 0; i++) {
    const service = makeService(values);
    const count = countLeaves(service);
    const key = `${values.name()}-${i}`;
    if (count <= left) {
      services[key] = service;
      left -= count;
    } else {
      services[key] = Object.fromEntries(Array.from({ length: left }, (_, j) => [`value-${j}`, values.string()]));
      left = 0;
    }
  }
  return { services };
}

/** As people write YAML: two spaces, plain scalars where they can be, a comment and a blank line here and there. */
export function toYaml(data) {
  const lines = [];
  let services = 0;
  const write = (mapping, indent) => {
    for (const [key, value] of Object.entries(mapping)) {
      if (typeof value !== "object") {
        lines.push(`${indent}${yamlScalar(key)}: ${yamlScalar(value)}`);
      } else if (Array.isArray(value)) {
        lines.push(`${indent}${yamlScalar(key)}:`);
        for (const item of value) lines.push(`${indent}  - ${yamlScalar(item)}`);
      } else {
        if (indent === "  ") {
          services++;
          if (services > 1) lines.push("");
          lines.push(`${indent}# Service ${services}, see the handbook before a change.`);
        }
        lines.push(`${indent}${yamlScalar(key)}:`);
        write(value, `${indent}  `);
      }
    }
  };
  write(data, "");
  return `${lines.join("\n")}\n`;
}

function yamlScalar(value) {
  if (typeof value !== "string") return String(value);
  if (/^[A-Za-z](?:[\w+/.@\-é ]|ö|ß|:(?=\/))*$/.test(value) && !value.endsWith(" ")) return value;
  return value.includes("'") ? JSON.stringify(value) : `'${value}'`;
}

/**
 * The file of that size, made if it is not there yet.
 *
 * @param {number} leaves
 * @param {"yaml" | "json"} format
 * @returns {{ path: string, text: string }}
 */
export function benchFile(leaves, format) {
  const path = join(cacheFolder, `plain-${shape}-${leaves}.${format}`);
  if (!existsSync(path)) {
    const data = generateData(leaves);
    mkdirSync(cacheFolder, { recursive: true });
    writeFileSync(`${path}.new`, format === "yaml" ? toYaml(data) : `${JSON.stringify(data, undefined, 2)}\n`);
    renameSync(`${path}.new`, path);
  }
  return { path, text: readFileSync(path, "utf8") };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const leaves of [1000, 10_000, 100_000]) {
    for (const format of ["yaml", "json"]) {
      const start = performance.now();
      const { path, text } = benchFile(leaves, format);
      console.log(`${path}: ${(text.length / 1e6).toFixed(2)} MB, ${(performance.now() - start).toFixed(0)} ms`);
    }
  }
}
