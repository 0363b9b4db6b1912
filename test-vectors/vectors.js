/** Where the vectors are, and reading and writing them. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { endings } from "./tools.js";

/** @typedef {"yaml" | "json" | "dotenv" | "ini" | "binary"} Format */

/** @typedef {{ exit: number, message?: string }} Outcome */

/**
 * @typedef {object} GoodCase
 * @property {string} about
 * @property {Format} format
 * @property {string} [source] the plain file, from the top of the project, where it is not `plain.*`
 * @property {Record<string, string | number | boolean>} options as `encrypt` of the library takes them
 * @property {string[]} recipients names of keys in `keys`
 * @property {string} [notByteForByte] why decrypting what was encrypted does not give the plain file back
 * @property {string} madeFrom a hash of all of the above, to see what must be made again
 * @property {Record<string, { encrypt: Outcome, decrypt?: Record<string, Outcome> }>} sops for each version: what it said
 *   when it encrypted, and which versions refuse to decrypt that
 */

/**
 * @typedef {object} BrokenCase
 * @property {string} about
 * @property {Format} format
 * @property {"encrypt" | "decrypt"} operation
 * @property {Record<string, string | number | boolean>} options for `encrypt`
 * @property {string[]} recipients for `encrypt`: names of keys in `keys`, or the recipients themselves
 * @property {string[]} identities for `decrypt`: names of keys in `keys`
 * @property {string} code what `SopsError` must say
 * @property {Record<string, Outcome>} sops what each version of sops says, to compare
 */

const top = new URL("../", import.meta.url);
const data = new URL("data/", import.meta.url);

/** @param {"good" | "broken" | "carried"} kind */
export function listCases(kind) {
  const folder = new URL(`${kind}/`, data);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((item) => item.isDirectory())
    .map((item) => item.name)
    .sort();
}

/** @returns {string} the path of a file of a case */
export function casePath(kind, name, file) {
  return fileURLToPath(new URL(`${kind}/${name}/${file}`, data));
}

export function readCase(kind, name) {
  return JSON.parse(readFileSync(casePath(kind, name, "case.json"), "utf8"));
}

export function writeCase(kind, name, description) {
  writeFileSync(casePath(kind, name, "case.json"), `${JSON.stringify(description, null, 2)}\n`);
}

/** @returns {string | undefined} a text; what sops decrypted of a binary file has one character a byte */
export function readIfThere(kind, name, file) {
  const path = casePath(kind, name, file);
  const isBytes = file.startsWith("decrypted-") && file.endsWith(`.${endings.binary}`);
  return existsSync(path) ? readWhole(path, isBytes ? "binary" : "json") : undefined;
}

/** The plain text of a good case; of a binary one with a character for each byte. */
export function readPlain(name, description) {
  const path = description.source
    ? fileURLToPath(new URL(description.source, top))
    : casePath("good", name, `plain.${endings[description.format]}`);
  return readWhole(path, description.format);
}

/** A decrypted file as tests compare it: text, and one character a byte where it may be any bytes. */
function readWhole(path, format) {
  return readFileSync(path, format === "binary" ? "latin1" : "utf8");
}

/** The bytes of a plain text as `readPlain` gives it. */
export function plainBytes(text, format) {
  return Buffer.from(text, format === "binary" ? "latin1" : "utf8");
}

/** @returns {string} what a case's encrypted files depend on, as a hash */
export function fingerprint({ format, options, recipients }, plain) {
  return createHash("sha256")
    .update(JSON.stringify([format, options, recipients, plain]))
    .digest("hex")
    .slice(0, 16);
}
