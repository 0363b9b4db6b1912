/**
 * Makes the vectors with real sops: `pnpm vectors`, which also installs the two versions of sops the first time.
 *
 * For each case of `data/good` (a plain file and a `case.json`, both written by hand), what sops encrypts it to and what
 * sops decrypts that to; then the broken files, by small edits of good ones. Encryption is random, so a file that was
 * made from the same plain text with the same options stays as it is; `--all` makes all of them again.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { brokenCases, carriedCases } from "./broken.js";
import { encryptFlags, endings, installSops, readKey, runSops, sopsVersions, twoAtATime } from "./tools.js";
import {
  casePath,
  fingerprint,
  listCases,
  plainBytes,
  readCase,
  readIfThere,
  readPlain,
  writeCase,
} from "./vectors.js";

const everything = process.argv.includes("--all");
const binaries = sopsVersions.map(installSops);
const current = binaries[0];
const identities = [readKey("first").identity];
const counts = { encrypted: 0, kept: 0, refused: 0, decrypted: 0, broken: 0, carried: 0 };

function write(kind, name, file, text) {
  if (readIfThere(kind, name, file) === text) return;
  writeFileSync(casePath(kind, name, file), text);
  console.log(`  wrote ${kind}/${name}/${file}`);
}

function remove(kind, name, file) {
  rmSync(casePath(kind, name, file), { force: true });
}

/** What sops says, as `case.json` holds it; undefined where all went well. */
function complaint({ exit, message }) {
  if (exit === 0) return undefined;
  // Times, addresses and the names of folders change from run to run and from machine to machine.
  const crash = /^(?:panic|fatal error|runtime): .*/m.exec(message);
  const lasting = (crash?.[0] ?? message)
    .replace(/time="[^"]*" /g, "")
    .replace(/\S*isosops-vectors-\w+\//g, "")
    .trim();
  return { exit, message: lasting };
}

function outcome(result) {
  return complaint(result) ?? { exit: 0 };
}

/** Keeps what sops wrote before where it was made from the same plain text, else encrypts. */
async function encryptGood(name, description, binary, plain, fresh) {
  const { format, options } = description;
  const file = `encrypted-${binary.version}.${endings[format]}`;
  const before = fresh ? readIfThere("good", name, file) : undefined;
  if (before !== undefined) {
    counts.kept++;
    return { encrypted: before };
  }
  const recipients = description.recipients.map((key) => readKey(key).recipient);
  const result = await runSops(binary, encryptFlags(options, recipients), {
    text: plainBytes(plain, format),
    format,
  });
  if (result.exit === 0) {
    write("good", name, file, result.output);
    counts.encrypted++;
    return { encrypted: result.output };
  }
  remove("good", name, file);
  counts.refused++;
  console.log(`  ${name}: sops ${binary.version} does not encrypt it (exit ${result.exit})`);
  return { refused: complaint(result) };
}

/** Lets every version decrypt a file; `decrypted-V` is what V itself makes of it, `decrypted-V-by-R` where R differs. */
async function decryptGood(name, format, writer, encrypted) {
  const readers = [writer, ...binaries.filter((binary) => binary !== writer)];
  const refusals = {};
  let own;
  for (const reader of readers) {
    const isOwn = reader === writer;
    const file = `decrypted-${writer.version}${isOwn ? "" : `-by-${reader.version}`}.${endings[format]}`;
    remove("good", name, file);
    if (encrypted === undefined) continue;
    const result = await runSops(reader, ["--decrypt"], { text: encrypted, format, identities });
    counts.decrypted++;
    if (result.exit !== 0) {
      refusals[reader.version] = complaint(result);
      console.log(`  ${name}: sops ${reader.version} refuses the file of ${writer.version} (exit ${result.exit})`);
      continue;
    }
    if (isOwn) own = result.bytes;
    if (own === undefined || isOwn || !result.bytes.equals(own))
      writeFileSync(casePath("good", name, file), result.bytes);
  }
  return refusals;
}

async function makeGood(name) {
  const { madeFrom: before, sops: _, ...description } = readCase("good", name);
  const plain = readPlain(name, description);
  const madeFrom = fingerprint(description, plain);
  const fresh = !everything && before === madeFrom;
  const sops = {};
  for (const binary of binaries) {
    const { encrypted, refused } = await encryptGood(name, description, binary, plain, fresh);
    const decrypt = await decryptGood(name, description.format, binary, encrypted);
    sops[binary.version] = refused === undefined ? { encrypt: { exit: 0 }, decrypt } : { encrypt: refused };
  }
  writeCase("good", name, { ...description, madeFrom, sops });
}

/** The file of the current version that a broken or carried case is an edit of. */
function readBase(from) {
  const { format } = readCase("good", from);
  return { format, text: readIfThere("good", from, `encrypted-${current.version}.${endings[format]}`) };
}

async function makeBroken({ name, about, from, edit, text, format, operation = "decrypt", code, ...rest }) {
  const base = from === undefined ? { format, text } : readBase(from);
  const input = edit === undefined ? base.text : edit(base.text);
  if (from !== undefined && edit !== undefined && input === base.text) throw new Error(`${name}: nothing was edited`);
  const { options = {}, recipients = ["first"], identities: keys = ["first"] } = rest;

  mkdirSync(casePath("broken", name, ""), { recursive: true });
  write("broken", name, `input.${endings[base.format]}`, input);
  const flags =
    operation === "decrypt"
      ? ["--decrypt"]
      : encryptFlags(
          options,
          recipients.map((key) => (/^\w+$/.test(key) && !key.startsWith("age1") ? readKey(key).recipient : key)),
        );
  const sops = {};
  for (const binary of binaries) {
    const result = await runSops(binary, flags, {
      text: input,
      format: base.format,
      identities: operation === "decrypt" ? keys.map((key) => readKey(key).identity) : [],
    });
    sops[binary.version] = outcome(result);
  }
  const asked = operation === "decrypt" ? { identities: keys } : { options, recipients };
  writeCase("broken", name, { about, format: base.format, operation, ...asked, code, sops });
  counts.broken++;
}

async function makeCarried({ name, about, from, edit }) {
  const base = readBase(from);
  mkdirSync(casePath("carried", name, ""), { recursive: true });
  const input = edit(base.text);
  write("carried", name, `encrypted.${endings[base.format]}`, input);
  const sops = {};
  for (const binary of binaries) {
    const result = await runSops(binary, ["--decrypt"], { text: input, format: base.format, identities });
    sops[binary.version] = outcome(result);
    if (binary === current)
      write("carried", name, `decrypted-${current.version}.${endings[base.format]}`, result.output);
  }
  writeCase("carried", name, { about, format: base.format, sops });
  counts.carried++;
}

await twoAtATime(listCases("good"), makeGood);
await twoAtATime(brokenCases, makeBroken);
await twoAtATime(carriedCases, makeCarried);

console.log(
  `${listCases("good").length} good cases: ${counts.encrypted} files encrypted, ${counts.kept} kept, ` +
    `${counts.refused} refused by their version of sops, ${counts.decrypted} decrypted`,
);
console.log(`${counts.broken} broken cases, ${counts.carried} with keys to be carried`);
