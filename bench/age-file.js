// Encrypts or decrypts one file with npm's age-encryption, as a process of its own:
// `node age-file.js encrypt|decrypt KEY-FILE INPUT OUTPUT`.
import { createReadStream, createWriteStream, readFileSync } from "node:fs";
import { Readable, Writable } from "node:stream";
import { Decrypter, Encrypter } from "age-encryption";

const [operation, keyFile, input, output] = process.argv.slice(2);
const key = readFileSync(keyFile, "utf8");
const size = { highWaterMark: 1 << 20 };
const source = Readable.toWeb(createReadStream(input, size));
let result;
if (operation === "encrypt") {
  const encrypter = new Encrypter();
  encrypter.addRecipient(/age1\S+/.exec(key)[0]);
  result = await encrypter.encrypt(source);
} else {
  const decrypter = new Decrypter();
  decrypter.addIdentity(/^AGE-SECRET-KEY-1\S+/m.exec(key)[0]);
  result = await decrypter.decrypt(source);
}
await result.pipeTo(Writable.toWeb(createWriteStream(output, size)));
