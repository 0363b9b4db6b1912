/** The checks of @isosops/node, for runtimes that have files: Node, Deno, Bun. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import { decrypt as decryptAge } from "@isosops/age";
import { decryptFile, editFile, encryptFile, findIdentities, loadEnv, writeFileAtomic } from "@isosops/node";
import { assert, assertEqual, assertFails } from "./assert.js";
import { runAll } from "./outcome.js";

/**
 * @param {{ vectors: import("./checks.js").Vectors, folder: string, log?: (line: string) => void }} options `folder`: the user's
 *   home, in which is nothing but a symbolic link, from `link` to `linked`
 * @returns {Promise<import("./outcome.js").Outcome>}
 */
export function runFileChecks({ vectors, folder, log }) {
  return runAll(listFileChecks(vectors, folder), log);
}

function* listFileChecks(vectors, folder) {
  const { first, stranger } = vectors.keys;
  const inFolder = (check) => () => {
    for (const name of Object.keys(env)) if (name.startsWith("SOPS_")) delete env[name];
    env.SOPS_AGE_KEY = first.identity;
    return check(mkdtempSync(join(folder, "check-")), vectors);
  };
  yield ["decryptFile: what sops encrypted, in the format of the name", inFolder(checkDecrypt)];
  yield ["decryptFile: without the key", inFolder((path) => checkStranger(path, vectors, stranger))];
  yield ["encryptFile: by the rule of .sops.yaml, in place", inFolder(checkEncrypt)];
  yield ["editFile: values of a file of sops, of which the rest stays", inFolder(checkEdit)];
  yield ["editFile: several at once, of which none is lost", inFolder(checkEditsAtOnce)];
  yield ["editFile: a changed file is refused, and stays", inFolder(checkEditChanged)];
  yield ["findIdentities: in all places", inFolder((_, { age }) => checkFindIdentities(folder, age, vectors.keys))];
  yield ["loadEnv: an encrypted .env and a plain one", inFolder(checkLoadEnv)];
  yield ["writeFileAtomic: mode, link and folder", inFolder((path) => checkWrite(path, folder))];
}

const endings = { yaml: "yaml", json: "json", dotenv: "env", ini: "ini", binary: "bin" };

/** Writes a file that sops encrypted, under a name that says its format. */
function writeVector(folder, { format, encrypted }) {
  const path = join(folder, `secret.${endings[format]}`);
  writeFileSync(path, encrypted);
  return path;
}

const vectorNamed = ({ good }, name) => good.find((vector) => vector.name === `${name} by 3.13.3`);

async function checkDecrypt(folder, { good, keys }) {
  delete env.SOPS_AGE_KEY;
  env.SOPS_AGE_KEY_FILE = join(folder, "keys.txt");
  writeFileSync(env.SOPS_AGE_KEY_FILE, `# two keys\n${keys.first.identity}\n${keys.second.identity}\n`);
  const seen = new Set();
  for (const vector of good) {
    const plain = await decryptFile(writeVector(folder, vector), { layout: "sops" });
    const bytes = plain.bytes && Array.from(plain.bytes, (byte) => String.fromCharCode(byte)).join("");
    assertEqual(vector.format === "binary" ? bytes : plain.text, vector.decrypted, vector.name);
    seen.add(vector.format);
  }
  assertEqual(seen.size, 5, "formats");
}

async function checkStranger(folder, vectors, { identity }) {
  env.SOPS_AGE_KEY = identity;
  const path = writeVector(folder, vectorNamed(vectors, "json-nested"));
  const error = await assertFails("no_matching_identity", () => decryptFile(path));
  assert(error.message.includes(path), `the file is not named: ${error.message}`);
  assert(!error.message.includes(identity), "the message shows the identity");
}

async function checkEncrypt(folder, { keys }) {
  const path = join(folder, "secret.yaml");
  const source = "# Who may log in.\nuser: app\npassword: hunter2 # rotate\n";
  const rule = `  - path_regex: secret\n    encrypted_regex: ^password$\n    age: ${keys.first.recipient}\n`;
  writeFileSync(join(folder, ".sops.yaml"), `creation_rules:\n${rule}`);
  writeFileSync(path, source);
  chmodSync(path, 0o640);
  await encryptFile(path);
  const text = readFileSync(path, "utf8");
  assert(
    text.includes("user: app\npassword: ENC[AES256_GCM,") && !text.includes("hunter2"),
    `not by the rule: ${text}`,
  );
  assertEqual(statSync(path).mode & 0o777, 0o640, "mode");
  assertEqual((await decryptFile(path)).text, source, "decrypted text");
}

async function checkEdit(folder, vectors) {
  const path = writeVector(folder, vectorNamed(vectors, "env-basic"));
  const before = readFileSync(path, "utf8");
  await editFile(path, [{ set: ["DB_PASSWORD"], value: "new" }, { unset: ["DB_HOST"] }]);
  const after = readFileSync(path, "utf8");
  assertEqual(
    (await decryptFile(path)).text,
    "# database\nDB_PASSWORD=new\n#no space\nTOKEN=example-token\n",
    "decrypted text",
  );
  const token = before.split("\n").find((line) => line.startsWith("TOKEN="));
  assert(after.includes(`\n${token}\n`), "the ciphertext of another value is a new one");
}

async function checkEditsAtOnce(folder, vectors) {
  const path = writeVector(folder, vectorNamed(vectors, "env-basic"));
  const names = ["A", "B", "C", "D", "E"];
  await Promise.all(names.map((name) => editFile(path, [{ set: [name], value: `${name} of one edit` }])));
  const { data } = await decryptFile(path);
  for (const name of names) assertEqual(data[name], `${name} of one edit`, name);
  assertEqual(readdirSync(folder).join(), "secret.env", "files");
}

async function checkEditChanged(folder, vectors) {
  const path = writeVector(folder, vectorNamed(vectors, "env-basic"));
  const changed = readFileSync(path, "utf8").replace(/^DB_HOST=.*\n/m, "");
  writeFileSync(path, changed);
  await assertFails("mac_mismatch", () => editFile(path, [{ set: ["A"], value: "a" }]));
  assertEqual(readFileSync(path, "utf8"), changed, "the file");
}

async function checkFindIdentities(home, { ssh }, { first, second }) {
  env.SOPS_AGE_KEY_FILE = join(home, "missing.txt");
  const userFile = join(home, "config", "sops", "age", "keys.txt");
  mkdirSync(join(userFile, ".."), { recursive: true });
  writeFileSync(userFile, `${second.identity}\n`);
  const sshKey = ssh.find(({ name }) => name === "ed25519");
  const sshFile = join(home, ".ssh", "id_ed25519");
  mkdirSync(join(sshFile, ".."), { recursive: true, mode: 0o700 });
  writeFileSync(sshFile, sshKey.key, { mode: 0o600 });

  const { identities, tried } = await findIdentities();
  const texts = identities.filter((identity) => typeof identity === "string");
  assertEqual(texts.join(), [first, second].map(({ identity }) => identity).join(), "identities");
  const bytes = Uint8Array.from(atob(sshKey.file), (character) => character.charCodeAt(0));
  assertEqual(new TextDecoder().decode(await decryptAge(bytes, identities)), sshKey.plaintext, "for the SSH key");
  assert(tried.includes("SOPS_AGE_KEY (1 key)") && tried.includes(`${userFile} (1 key)`), `tried: ${tried}`);
  assert(
    tried.some((place) => place.includes("missing.txt")),
    `tried: ${tried}`,
  );
  assert(!tried.join().includes("AGE-SECRET-KEY"), "a secret is among the places");
}

async function checkLoadEnv(folder, vectors) {
  writeFileSync(join(folder, ".env"), vectorNamed(vectors, "env-basic").encrypted);
  writeFileSync(join(folder, ".env.local"), "TOKEN=local\n");
  const variables = { DB_HOST: "there already" };
  await loadEnv({ folder, env: variables, mode: "production" });
  assertEqual(
    JSON.stringify(variables),
    '{"DB_HOST":"there already","DB_PASSWORD":"example-password","TOKEN":"local"}',
    "variables",
  );
  await loadEnv({ folder, mode: "production", override: true });
  assertEqual(env.DB_PASSWORD, "example-password", "process.env");

  writeFileSync(
    join(folder, ".env.production"),
    "AFTER=a\nDB_HOST=ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\n",
  );
  const untouched = {};
  await assertFails("not_encrypted", () => loadEnv({ folder, env: untouched, mode: "production" }));
  assertEqual(Object.keys(untouched).length, 0, "variables set");
}

async function checkWrite(folder, home) {
  const path = join(home, "linked");
  // It is there already: in Deno, a permission for one folder does not suffice to make a link.
  const link = join(home, "link");
  writeFileSync(path, "old");
  chmodSync(path, 0o600);
  const { ino } = statSync(path);
  await writeFileAtomic(link, "new\n");
  assertEqual(readFileSync(path, "utf8"), "new\n", "content");
  assertEqual(statSync(path).mode & 0o777, 0o600, "mode");
  assert(lstatSync(link).isSymbolicLink(), "the link is none any more");
  assert(statSync(path).ino !== ino, "the file is overwritten, not replaced");
  const bytes = Uint8Array.of(0, 255, 10);
  await writeFileAtomic(join(folder, "bytes"), bytes);
  assertEqual(readFileSync(join(folder, "bytes")).toString("hex"), "00ff0a", "bytes");
  await assertFails("write_file", () => writeFileAtomic(join(folder, "missing", "file"), "x"));
  assertEqual(readdirSync(folder).sort().join(), "bytes", "files");
}
