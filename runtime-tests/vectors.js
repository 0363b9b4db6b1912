/** Gathers the vectors of `test-vectors/` into one object, and writes that as a module which any runtime can import. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPgpVectors } from "../test-vectors/pgp/vectors.js";
import { endings, readKey } from "../test-vectors/tools.js";
import { listCases, readCase, readIfThere } from "../test-vectors/vectors.js";
import { gatherAgeVectors } from "./age-vectors.js";

/** What `runChecks` wants to know of the committed vectors. */
function gatherVectors() {
  const keys = {};
  for (const name of ["first", "second", "stranger"]) keys[name] = readKey(name);
  return {
    keys,
    good: [...gatherGood(keys)],
    broken: listCases("broken").map(gatherBroken),
    age: gatherAgeVectors(),
    pgp: readPgpVectors(),
  };
}

/** What the current sops makes of the files of either version, where it reads them. */
function* gatherGood(keys) {
  for (const name of listCases("good")) {
    const { format, recipients, sops } = readCase("good", name);
    for (const version of ["3.13.3", "3.9.4"]) {
      if (sops[version]?.decrypt?.["3.13.3"] !== undefined) continue;
      const encrypted = readIfThere("good", name, `encrypted-${version}.${endings[format]}`);
      const decrypted =
        readIfThere("good", name, `decrypted-${version}-by-3.13.3.${endings[format]}`) ??
        readIfThere("good", name, `decrypted-${version}.${endings[format]}`);
      if (encrypted === undefined || decrypted === undefined) continue;
      const identities = recipients.map((recipient) => keys[recipient].identity).slice(-1);
      yield { name: `${name} by ${version}`, format, identities, encrypted, decrypted };
    }
  }
}

function gatherBroken(name) {
  const { format, operation, options = {}, recipients = [], identities = [], code } = readCase("broken", name);
  const text = readIfThere("broken", name, `input.${endings[format]}`);
  return { name, format, operation, options, recipients, identities, text, code };
}

/** Writes the module `vectors.js`, which exports `vectors`, into a new folder. */
export function writeVectorsModule(folder) {
  mkdirSync(folder);
  writeFileSync(join(folder, "vectors.js"), `export const vectors = ${JSON.stringify(gatherVectors())};\n`);
}
