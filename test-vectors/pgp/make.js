/**
 * Makes the vectors of PGP with the real gpg and sops, into a folder a kind of key: `node test-vectors/pgp/make.js`. Those
 * that are there stay as they are, since keys and ciphertexts are random.
 *
 * `key.asc` is the private key, `encrypted.yaml` what sops 3.13.3 writes for it, by gpg. `hello` is the passphrase of the one
 * that has one.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findGnupgs, installGnupg } from "../gnupg.js";
import { installSops } from "../tools.js";
import { passphrase, pgpKinds, pgpVectorPath, plain } from "./vectors.js";

const sops = installSops("3.13.3");
const modern = installGnupg();
const [{ path: usual }] = findGnupgs();

for (const [kind, { algorithms, settings = [], isLocked = false }] of Object.entries(pgpKinds)) {
  if (existsSync(pgpVectorPath(kind, "encrypted.yaml"))) continue;
  const home = mkdtempSync(join(tmpdir(), "isosops-gpg-"));
  writeFileSync(join(home, "gpg.conf"), settings.map((line) => `${line}\n`).join(""));
  const gpg = settings.length > 0 ? modern : usual;
  const word = isLocked ? passphrase : "";
  const run = (...parameters) => {
    const common = ["--homedir", home, "--quiet", "--batch", "--pinentry-mode", "loopback", "--passphrase", word];
    return execFileSync(gpg, [...common, ...parameters], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  };
  const [primary, subkey] = algorithms;
  const at = ["--faked-system-time", "20260101T000000"];
  run(...at, "--quick-generate-key", `Test ${kind} <${kind}@example.com>`, primary, "cert,sign", "never");
  const fingerprint = /^fpr:+([0-9A-F]+)/m.exec(run("--with-colons", "--list-keys"))[1];
  run(...at, "--quick-add-key", fingerprint, subkey, "encr", "never");
  const input = join(home, "input.yaml");
  writeFileSync(input, plain);
  const encrypted = execFileSync(sops.path, ["--encrypt", "--pgp", fingerprint, input], {
    env: { PATH: process.env.PATH, HOME: home, GNUPGHOME: home, SOPS_GPG_EXEC: gpg },
  });
  mkdirSync(fileURLToPath(new URL(`${kind}/`, import.meta.url)), { recursive: true });
  writeFileSync(pgpVectorPath(kind, "key.asc"), run("--armor", "--export-secret-keys", fingerprint));
  writeFileSync(pgpVectorPath(kind, "encrypted.yaml"), encrypted);
  execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
  rmSync(home, { recursive: true, force: true });
  console.log(`wrote pgp/${kind}`);
}
