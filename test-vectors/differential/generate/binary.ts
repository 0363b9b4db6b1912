/** Any bytes: texts of other formats, noise, encrypted files. */
import fc from "fast-check";
import { envDocuments } from "./env.js";
import { iniDocuments } from "./ini.js";
import { jsonDocuments } from "./json.js";
import { values } from "./text.js";

export const binaryDocuments: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 2000, maxLength: 5000 }) },
  { weight: 2, arbitrary: values },
  { weight: 1, arbitrary: values.map((text) => new Uint8Array([0xef, 0xbb, 0xbf, ...Buffer.from(text)])) },
  { weight: 1, arbitrary: values.map((text) => Buffer.from(text, "utf16le")) },
  { weight: 1, arbitrary: fc.oneof(jsonDocuments, iniDocuments, envDocuments) },
);
