/** Gathers the age test kit, and the files that age made for SSH keys, for runtimes that have no files. */
import { readdirSync, readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import * as testkit from "cctv-age";

/**
 * @typedef {object} AgeVectors
 * @property {{ name: string, expect: string, payload?: string, identities: string[], passphrases: string[],
 *   armored: boolean, file: string }[]} kit `payload` the SHA-256 in hex, `file` in base64
 * @property {{ name: string, key: string, publicKey?: string, plaintext: string, file: string }[]} ssh
 */

/** @returns {AgeVectors} */
export function gatherAgeVectors() {
  const kit = Object.entries(testkit).filter(([, test]) => test instanceof Uint8Array);
  return { kit: kit.map(([name, test]) => readTest(name, Buffer.from(test))), ssh: [...gatherSsh()] };
}

/** C2SP/CCTV, age/README.md. */
function readTest(name, test) {
  const end = test.indexOf("\n\n");
  const lines = test
    .subarray(0, end)
    .toString()
    .split("\n")
    .map((line) => line.split(": ", 2));
  const all = (key) => lines.filter(([name]) => name === key).map(([, value]) => value);
  const file = test.subarray(end + 2);
  return {
    name,
    expect: all("expect")[0],
    payload: all("payload")[0],
    identities: all("identity"),
    passphrases: all("passphrase"),
    armored: all("armored").length > 0,
    file: (all("compressed")[0] === "zlib" ? inflateSync(file) : file).toString("base64"),
  };
}

function* gatherSsh() {
  const folder = new URL("../packages/age/test/vectors/ssh/", import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(".age"));
  for (const name of names.map((name) => name.slice(0, -".age".length))) {
    const read = (end) => readFileSync(new URL(`${name}${end}`, folder));
    // OpenSSL made the one, and the other's public key shows only with the passphrase.
    const publicKey = name === "ed25519-pkcs8" ? undefined : read(".pub").toString();
    yield {
      name,
      key: read("").toString(),
      publicKey,
      plaintext: `for ${name}.pub`,
      file: read(".age").toString("base64"),
    };
  }
}
