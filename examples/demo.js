/**
 * The main job on real files: `pnpm demo`. A Kubernetes Secret and a pull secret go through the command, Helm values
 * through the library; each is encrypted, shown, decrypted and checked, and read by sops where sops is installed.
 */
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { structuredPatch } from "diff";
import { decrypt, encrypt, generateIdentity } from "isosops";
import pc from "picocolors";
import { parseAllDocuments } from "yaml";
import { findSops, runSops } from "../test-vectors/tools.js";

const width = 100;
const examples = fileURLToPath(new URL("./", import.meta.url));
const bin = fileURLToPath(new URL("../packages/cli/bin/isosops.cjs", import.meta.url));

const started = performance.now();
const folder = mkdtempSync(join(tmpdir(), "isosops-demo-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
// A reader that has seen enough, as in `pnpm demo | head`.
process.stdout.on("error", () => process.exit(1));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

let checks = 0;
let failures = 0;

// What is printed

function title(text, about) {
  console.log(`\n${pc.bold(text)}${about === undefined ? "" : pc.dim(`  ${about}`)}`);
}

/** A line with the time it took at the right edge. */
function line(text, since, { mark = " ", color = (part) => part } = {}) {
  const took = `${(performance.now() - since).toFixed(0)} ms`;
  const gap = Math.max(1, width - 4 - text.length - took.length);
  console.log(`  ${color(mark)} ${text}${" ".repeat(gap)}${pc.dim(took)}`);
}

function check(right, text, since, detail = "") {
  checks++;
  if (right) return line(text, since, { mark: "✓", color: pc.green });
  failures++;
  process.exitCode = 1;
  line(`NOT SO: ${text}`, since, { mark: "✗", color: pc.red });
  if (detail !== "") console.log(detail.trimEnd().replace(/^/gm, "    "));
}

/**
 * The changed lines with one line around them, encrypted values and wrapped keys cut short.
 *
 * @returns {string[]} the lines of `before` that are gone
 */
function showDiff(before, after) {
  const { hunks } = structuredPatch("", "", before, after, "", "", { context: 1 });
  for (const hunk of hunks) {
    console.log(pc.cyan(`    @@ line ${hunk.newStart} @@`));
    let armored = false;
    for (const text of hunk.lines) {
      if (text.startsWith("\\")) continue;
      if (text.includes("-----END AGE")) armored = false;
      if (!armored) console.log(`    ${colorOf(text)(shorten(text))}`.trimEnd());
      if (text.includes("-----BEGIN AGE")) {
        armored = true;
        console.log(`    ${pc.green(`+${" ".repeat(text.search(/-----BEGIN/) - 1)}...`)}`);
      }
    }
  }
  return hunks.flatMap(({ lines }) => lines.filter((line) => line.startsWith("-")).map((line) => line.slice(1)));
}

/** None of the lines that changed may still be in the file, and none of their words that look like a secret. */
function checkEncrypted(source, encrypted, gone, since, message = "") {
  const kept = source.trimEnd().split("\n").length - gone.length;
  const words = gone.flatMap((text) => text.match(/[\w/+=-]{12,}/g) ?? []).filter((word) => /example|[0-9]/.test(word));
  check(
    gone.length > 0 &&
      !gone.some((text) => text.trim() !== "" && encrypted.includes(text)) &&
      !words.some((word) => encrypted.includes(word)),
    `encrypted: ${gone.length} ${gone.length === 1 ? "line has" : "lines have"} changed, ${kept} stayed as they were`,
    since,
    message,
  );
}

function colorOf(text) {
  if (text.startsWith("+")) return pc.green;
  return text.startsWith("-") ? pc.red : pc.dim;
}

function shorten(text) {
  const short = text.replace(
    /ENC\[AES256_GCM,data:([^,]{0,8})[^,]*,[^\]]*,type:(\w+)\]/g,
    "ENC[AES256_GCM,data:$1...,type:$2]",
  );
  return short.length <= width - 4 ? short : `${short.slice(0, width - 7)}...`;
}

// What is done

/** Runs the command in the temporary folder, as a user would. */
function isosops(flags, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...flags], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? "", HOME: folder, XDG_CONFIG_HOME: folder, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let message = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (message += text));
    child.on("error", reject).on("close", (exit) => resolve({ exit, output, message }));
  });
}

function values(text) {
  return parseAllDocuments(text).map((document) => document.toJS());
}

/** Every sops that is found is asked to decrypt the file, and must see what the author wrote. */
async function checkWithSops(binaries, encrypted, source, identity) {
  for (const sops of binaries) {
    const since = performance.now();
    const result = await runSops(sops, ["--decrypt"], { text: encrypted, format: "yaml", identities: [identity] });
    const right = result.exit === 0 && isDeepStrictEqual(values(result.output), values(source));
    check(right, `sops ${sops.version} decrypts it to the same values`, since, result.message);
  }
}

/** A file encrypted and decrypted by the command. */
async function throughCommand(name, about, regex, { recipient, identity }, binaries) {
  title(`examples/${name}`, about);
  const source = readFileSync(join(examples, name), "utf8");
  const path = join(folder, name);
  copyFileSync(join(examples, name), path);

  let since = performance.now();
  const encryption = await isosops(["encrypt", "--age", recipient, "--encrypted-regex", regex, "--in-place", name]);
  const encryptedAt = performance.now();
  const encrypted = readFileSync(path, "utf8");
  console.log(`    $ isosops encrypt --age ${recipient.slice(0, 8)}... --encrypted-regex '${regex}' -i ${name}`);
  const gone = showDiff(source, encrypted);
  since += performance.now() - encryptedAt;
  checkEncrypted(source, encrypted, gone, since, encryption.message);

  since = performance.now();
  const decryption = await isosops(["decrypt", name], { SOPS_AGE_KEY_FILE: join(folder, "keys.txt") });
  check(
    decryption.exit === 0 && decryption.output === source,
    `\`isosops decrypt ${name}\` gives back the same ${Buffer.byteLength(source)} bytes`,
    since,
    decryption.message,
  );
  await checkWithSops(binaries, encrypted, source, identity);
}

/** A file encrypted and decrypted by a program. */
async function throughLibrary(name, about, regex, { recipient, identity }, binaries) {
  title(`examples/${name}`, about);
  const source = readFileSync(join(examples, name), "utf8");

  let since = performance.now();
  const locked = await encrypt(source, { format: "yaml", recipients: [recipient], encryptedRegex: regex });
  const encryptedAt = performance.now();
  console.log(`    encrypt(source, { format: "yaml", recipients, encryptedRegex })`);
  console.log(`    with encryptedRegex ${regex}`);
  const gone = showDiff(source, locked.text);
  since += performance.now() - encryptedAt;
  checkEncrypted(source, locked.text, gone, since);

  since = performance.now();
  const plain = await decrypt(locked.text, { format: "yaml", identities: [identity] });
  check(plain.text === source, `decrypt(...).text is the same ${Buffer.byteLength(source)} bytes`, since);
  since = performance.now();
  const expected = parseAllDocuments(source)[0].toJS();
  check(
    plain.data.database.password === expected.database.password && plain.data.image.tag === expected.image.tag,
    "decrypt(...).data has the values",
    since,
  );
  await checkWithSops(binaries, locked.text, source, identity);
}

function findAnySops() {
  const name = process.platform === "win32" ? "sops.exe" : "sops";
  const installed = (process.env.PATH ?? "")
    .split(delimiter)
    .map((place) => join(place, name))
    .filter((path) => existsSync(path));
  process.env.SOPS_BIN = [process.env.SOPS_BIN, ...installed].filter(Boolean).join(delimiter);
  return findSops();
}

title("isosops demo", `in ${folder}, which is removed at the end`);

title("A new key");
let since = performance.now();
const key = await generateIdentity();
writeFileSync(join(folder, "keys.txt"), `# public key: ${key.recipient}\n${key.identity}\n`, { mode: 0o600 });
line(`recipient ${key.recipient}`, since);
console.log(pc.dim("    The identity that belongs to it, AGE-SECRET-KEY-1..., is in keys.txt and not shown."));

since = performance.now();
const binaries = findAnySops();
line(
  binaries.length === 0
    ? "sops is not installed here, so its part of the checks is left out"
    : `sops ${binaries.map(({ version }) => version).join(" and ")} will read the files too`,
  since,
);

await throughCommand("secret.yaml", "a Kubernetes Secret, through the command", "^(data|stringData)$", key, binaries);
await throughCommand("pull-secret.yaml", "a pull secret, through the command", "^\\.dockerconfigjson$", key, binaries);
await throughLibrary(
  "values.yaml",
  "Helm values, through the library",
  "^(password|token|apiKey|privateKey)$",
  key,
  binaries,
);

const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  failures === 0
    ? `\n${pc.green(pc.bold("All right:"))} 3 files encrypted and decrypted, ${checks} checks, ${seconds} s.\n`
    : `\n${pc.red(pc.bold("Not all right:"))} ${failures} of ${checks} checks failed, ${seconds} s.\n`,
);
console.log(`The pages, in a browser:  ${pc.bold("node packages/cli/bin/isosops.cjs org serve --ui")}\n`);
