/** Checks of PGP without gpg: files written by sops and gpg, and files written here. */
import { pgp, pgpSource } from "@isosops/keys/pgp";
import { decrypt, encrypt } from "isosops";

/** @param {{ name: string, privateKey: string, encrypted: string, decrypted: string, passphrase: string | undefined }[]} vectors */
export function* listPgpChecks(vectors) {
  yield ["there are vectors of PGP", () => assert(vectors.length > 5, "too few vectors")];
  for (const vector of vectors) {
    yield [`PGP vector ${vector.name}`, () => checkVector(vector)];
    yield [`PGP with the key ${vector.name}, there and back`, () => checkRoundTrip(vector)];
    yield [`PGP with a key other than ${vector.name}`, () => checkStranger(vector, vectors)];
  }
  yield [
    "PGP with a wrong passphrase",
    () => checkPassphrase(vectors.find(({ passphrase }) => passphrase !== undefined)),
  ];
}

const format = "yaml";

const sourceOf = ({ privateKey, passphrase }) =>
  pgpSource({ privateKeys: privateKey, passphrase: () => passphrase, gpg: false });

async function checkVector(vector) {
  const { text } = await decrypt(vector.encrypted, { format, keySources: [sourceOf(vector)] });
  assert(text === vector.decrypted, `not what was encrypted: ${JSON.stringify(text)}`);
}

async function checkRoundTrip(vector) {
  const { text } = await encrypt(vector.decrypted, { format, keys: [pgp(vector.privateKey)] });
  assert(/-----BEGIN PGP MESSAGE-----/.test(text), "no PGP message");
  await checkVector({ ...vector, encrypted: text });
}

async function checkStranger({ encrypted, name }, vectors) {
  const stranger = vectors.find((vector) => vector.name !== name);
  await assertFails("no_matching_identity", () => decrypt(encrypted, { format, keySources: [sourceOf(stranger)] }));
}

async function checkPassphrase(vector) {
  const keySources = [sourceOf({ ...vector, passphrase: "wrong" })];
  await assertFails("credentials", () => decrypt(vector.encrypted, { format, keySources }));
}

async function assertFails(code, run) {
  const error = await run().then(
    () => undefined,
    (thrown) => thrown,
  );
  assert(error?.code === code, `expected ${code}, got ${error ?? "no error"}`);
}

function assert(condition, message) {
  if (!condition) throw new Error(message);
}
