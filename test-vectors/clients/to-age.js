/**
 * Rewraps the data keys of encrypted files from PGP to age, in their text: values, MAC and layout stay as they are, byte for
 * byte. A JSON file is written again with its own indent.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../tools.js";

const age = process.env.AGE_BIN || join(cacheFolder(), "age-1.3.1", "age");

/**
 * Rewraps all files of a folder that have PGP messages, and names the recipients in its configurations.
 *
 * @param {string} folder
 * @param {Record<string, string>} recipients by fingerprint
 * @param {Record<string, string>} env for gpg, which has the private keys
 */
export function rewrapFolder(folder, recipients, env) {
  const wrap = (message, fingerprint) => {
    const dataKey = execFileSync("gpg", ["--batch", "--quiet", "--decrypt"], { input: message, env });
    if (dataKey.length !== 32) throw new Error(`A data key of ${dataKey.length} bytes is not one of sops.`);
    return execFileSync(age, ["--armor", "--recipient", recipients[fingerprint]], { input: dataKey, encoding: "utf8" });
  };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || /\/(?:\.git|docs)\//.test(path)) continue;
    const bytes = readFileSync(path);
    const text = bytes.toString();
    if (!Buffer.from(text).equals(bytes)) continue;
    if (entry.name === ".sops.yaml") writeFileSync(path, renameKeys(text, recipients));
    else if (text.includes("BEGIN PGP MESSAGE") && Object.keys(recipients).some((fp) => text.includes(fp))) {
      writeFileSync(path, rewrap(text, recipients, wrap));
    }
  }
}

/** A configuration with recipients of age in place of fingerprints. */
function renameKeys(text, recipients) {
  return Object.entries(recipients)
    .reduce((result, [fingerprint, recipient]) => result.replaceAll(fingerprint, recipient), text)
    .replaceAll(/\bpgp:/g, "age:");
}

/** The text of a YAML, JSON, ENV or INI file for the recipients in place of its PGP keys. */
function rewrap(text, recipients, wrap) {
  if (text.startsWith("{")) return rewrapJson(text, recipients, wrap);
  if (/^sops_pgp__/m.test(text)) return rewrapFlat(text, recipients, wrap, { prefix: "sops_", equals: "=" });
  if (/^pgp__/m.test(text)) return rewrapFlat(text, recipients, wrap, { prefix: "", equals: " = " });
  return rewrapYaml(text, recipients, wrap);
}

function rewrapJson(text, recipients, wrap) {
  const indent = /\n([ \t]+)/.exec(text)[1];
  const document = JSON.parse(text);
  const { age: _, pgp, ...rest } = document.sops;
  const keys = pgp.map(({ enc, fp }) => ({ recipient: recipients[fp], enc: wrap(enc, fp) }));
  document.sops = { age: keys, ...rest };
  return JSON.stringify(document, null, indent) + (text.endsWith("\n") ? "\n" : "");
}

/** ENV and INI: the fields of the block are `pgp__list_0__map_enc` and the like. */
function rewrapFlat(text, recipients, wrap, { prefix, equals }) {
  const field = (name) => new RegExp(`^${prefix}pgp__list_(\\d+)__map_${name} *= *(?:"""([\\s\\S]*?)"""|(.*))$`, "gm");
  const fingerprints = [...text.matchAll(field("fp"))].map((match) => match[3]);
  return text
    .replaceAll(new RegExp(`^${prefix}pgp__list_\\d+__map_created_at *=.*\n`, "gm"), "")
    .replaceAll(field("enc"), (_, index, quoted, plain) => {
      const message = quoted ?? plain.replaceAll("\\n", "\n");
      const wrapped = wrap(message, fingerprints[index]);
      const shown = quoted === undefined ? wrapped.replaceAll("\n", "\\n") : `"""${wrapped}"""`;
      return `${prefix}age__list_${index}__map_enc${equals}${shown}`;
    })
    .replaceAll(field("fp"), (_, index) => {
      return `${prefix}age__list_${index}__map_recipient${equals}${recipients[fingerprints[index]]}`;
    });
}

/** The lists `pgp` of the block; an empty list `age` beside one is removed. */
function rewrapYaml(text, recipients, wrap) {
  const lineBreak = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const result = [];
  for (let index = 0; index < lines.length; ) {
    const indent = /^( +)pgp:$/.exec(lines[index])?.[1];
    if (indent === undefined) {
      if (!/^ +age: \[\]$/.test(lines[index])) result.push(lines[index]);
      index++;
      continue;
    }
    let end = index + 1;
    // Items may be as far to the left as their list.
    while (end < lines.length && (lines[end] === "" || new RegExp(`^${indent}[- ]`).test(lines[end]))) end++;
    while (lines[end - 1] === "") end--;
    const list = lines.slice(index + 1, end).join("\n");
    const messages = [...list.matchAll(/-----BEGIN PGP MESSAGE-----[\s\S]*?-----END PGP MESSAGE-----/g)];
    const fingerprints = [...list.matchAll(/\bfp: ['"]?([0-9A-F]+)/g)].map((match) => match[1]);
    result.push(`${indent}age:`);
    for (const [item, [message]] of messages.entries()) {
      const wrapped = wrap(message.replaceAll(/^ +/gm, ""), fingerprints[item]).trimEnd();
      result.push(`${indent}-   recipient: ${recipients[fingerprints[item]]}`, `${indent}    enc: |`);
      result.push(...wrapped.split("\n").map((line) => `${indent}        ${line}`));
    }
    index = end;
  }
  return result.join(lineBreak);
}
