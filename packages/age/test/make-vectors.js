// Makes the files in vectors/ with the real age: AGE_BIN=/path/to/age AGE_KEYGEN_BIN=/path/to/age-keygen node make-vectors.js
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const age = process.env.AGE_BIN ?? "age";
const keygen = process.env.AGE_KEYGEN_BIN ?? "age-keygen";
const folder = fileURLToPath(new URL("./vectors/", import.meta.url));

/** Byte `i` is `(7 * i + floor(i / 256)) % 256`; the test knows the same rule. */
function plaintext(length) {
  return Uint8Array.from({ length }, (_, i) => (7 * i + Math.floor(i / 256)) % 256);
}

const keyFiles = ["first", "second"].map((name) => {
  const file = `${folder}${name}.key`;
  rmSync(file, { force: true });
  execFileSync(keygen, ["-o", file], { stdio: "ignore" });
  return { name: `${name}.key`, recipient: execFileSync(keygen, ["-y", file], { encoding: "utf8" }).trim() };
});
const [first, second] = keyFiles;

const files = [];
function add(name, length, recipients, flags) {
  const bytes = plaintext(length);
  const args = [...flags, ...recipients.flatMap((one) => ["-r", one.recipient])];
  writeFileSync(folder + name, execFileSync(age, args, { input: bytes, maxBuffer: 1 << 26 }));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  files.push({ name, length, sha256, keys: recipients.map((one) => one.name) });
}

for (const length of [0, 1, 65535, 65536, 65537, 131072]) add(`${length}.age`, length, [first], []);
for (const length of [0, 1, 65537]) add(`${length}.armored.age`, length, [first], ["-a"]);
add("both.age", 32, [first, second], []);

const version = execFileSync(age, ["--version"], { encoding: "utf8" }).trim();
writeFileSync(
  `${folder}vectors.json`,
  `${JSON.stringify({ madeWith: `age ${version}`, keys: keyFiles, files }, null, 2)}\n`,
);
