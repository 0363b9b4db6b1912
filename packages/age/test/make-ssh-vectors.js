/**
 * Makes `vectors/ssh`: private keys in every form that age takes, as ssh-keygen and openssl write them, and a file that
 * age encrypted for each. `AGE_BIN=.../age node packages/age/test/make-ssh-vectors.js`. The keys open nothing else.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("vectors/ssh/", import.meta.url));
const passphrase = "correct horse";
const age = process.env.AGE_BIN ?? "age";
const run = (command, ...args) => execFileSync(command, args, { cwd: folder, stdio: ["pipe", "ignore", "inherit"] });
const make = (name, phrase, ...args) => run("ssh-keygen", "-q", "-C", "test", "-N", phrase, "-f", name, ...args);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
make("ed25519", "", "-t", "ed25519");
make("ed25519-encrypted", passphrase, "-t", "ed25519", "-a", "2");
make("ed25519-cbc", passphrase, "-t", "ed25519", "-a", "2", "-Z", "aes256-cbc");
make("rsa", "", "-t", "rsa", "-b", "2048");
make("rsa-encrypted", passphrase, "-t", "rsa", "-b", "2048", "-a", "2");
make("rsa-pkcs1", "", "-t", "rsa", "-b", "2048", "-m", "PEM");
make("rsa-pkcs1-encrypted", passphrase, "-t", "rsa", "-b", "2048", "-m", "PEM");
make("rsa-pkcs8", "", "-t", "rsa", "-b", "3072", "-m", "PKCS8");
make("ecdsa", "", "-t", "ecdsa");
run("openssl", "genpkey", "-algorithm", "ed25519", "-out", "ed25519-pkcs8");
// As OpenSSL before 3.0 wrote every key that was to have a passphrase; ssh-keygen reads it and writes others.
run("openssl", "genrsa", "-traditional", "-des3", "-passout", `pass:${passphrase}`, "-out", "rsa-des3", "2048");
const shown = execFileSync("ssh-keygen", ["-y", "-P", passphrase, "-f", "rsa-des3"], { cwd: folder, encoding: "utf8" });
writeFileSync(`${folder}rsa-des3.pub`, `${shown.trim()} test\n`);
for (const name of readdirSync(folder)) {
  if (!name.endsWith(".pub") || name === "ecdsa.pub") continue;
  execFileSync(age, ["-R", name, "-o", name.replace(/pub$/, "age")], { cwd: folder, input: `for ${name}` });
}
// Encrypted to the private key itself, since nothing else writes its public key.
execFileSync(age, ["-e", "-i", "ed25519-pkcs8", "-o", "ed25519-pkcs8.age"], {
  cwd: folder,
  input: "for ed25519-pkcs8.pub",
});
