// Encrypts or decrypts one file, as a process of its own: `node age-file.js isosops|age-encryption encrypt|decrypt KEY-FILE INPUT
// OUTPUT`. Each library the way that suits it best.
import { closeSync, createReadStream, createWriteStream, openSync, readFileSync } from "node:fs";
import { Readable, Writable } from "node:stream";

const [library, operation, keyFile, input, output] = process.argv.slice(2);
const key = readFileSync(keyFile, "utf8");
const identity = /^AGE-SECRET-KEY-1\S+/m.exec(key)[0];
const recipient = /age1\S+/.exec(key)[0];

if (library === "isosops") {
  const { decryptIterable, encryptIterable } = await import("@isosops/age");
  const { readPieces, writePieces } = await import("../packages/cli/dist/file-pieces.js");
  const [from, to] = [openSync(input, "r"), openSync(output, "w")];
  const pieces = readPieces(from);
  await writePieces(
    to,
    operation === "encrypt" ? encryptIterable(pieces, [recipient]) : decryptIterable(pieces, [identity]),
  );
  closeSync(from);
  closeSync(to);
} else {
  const { Decrypter, Encrypter } = await import("age-encryption");
  const source = Readable.toWeb(createReadStream(input, { highWaterMark: 1 << 20 }));
  let result;
  if (operation === "encrypt") {
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    result = await encrypter.encrypt(source);
  } else {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    result = await decrypter.decrypt(source);
  }
  await result.pipeTo(Writable.toWeb(createWriteStream(output, { highWaterMark: 1 << 20 })));
}
