/** The licences of what goes into the bundles of the command and of the pages. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Licences that allow to pass the code on in a file of ours, with their text. */
const permissive = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "MIT-0",
  "Unlicense",
  "(Apache-2.0 AND BSD-3-Clause)",
]);

/** Packages without a file with their licence, whose text is elsewhere. */
const licencesElsewhere = {
  "@connectrpc/connect": apache,
  "@connectrpc/connect-node": apache,
  "@bufbuild/protobuf": (folder) => {
    // The part that is under BSD-3-Clause begins with its licence.
    const [bsd] = /^(?:\/\/.*\n)+/.exec(readFileSync(join(folder, "dist/esm/wire/varint.js"), "utf8"));
    return `${apache()}\n${bsd.replaceAll(/^\/\/ ?/gm, "")}`;
  },
};

/**
 * The licences of the packages of others that modules are of, to be passed on with them.
 *
 * @param {string[]} modules the paths of their files
 * @throws {Error} for a licence that does not allow it
 */
export function licenceTexts(modules) {
  const folders = new Set(modules.filter((id) => id.includes("/node_modules/")).map(packageFolder));
  const texts = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    if (!permissive.has(license)) throw new Error(`${name} must not be bundled: its licence is ${license}`);
    return `${name} ${version} (${license})\n\n${licenceText(folder, name).trim()}\n`;
  });
  // Those of the libraries that a package of ours has put into a module.
  for (const folder of new Set(modules.map((id) => dirname(id)))) {
    const file = join(folder, "LICENSES.txt");
    if (existsSync(file)) texts.push(readFileSync(file, "utf8"));
  }
  return `Parts of these packages are in the modules beside this file.\n\n${texts.sort().join(`\n${"-".repeat(78)}\n\n`)}`;
}

function apache() {
  return readFileSync(new URL("Apache-2.0.txt", import.meta.url), "utf8");
}

function licenceText(folder, name) {
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file !== undefined) return readFileSync(join(folder, file), "utf8");
  if (Object.hasOwn(licencesElsewhere, name)) return licencesElsewhere[name](folder);
  throw new Error(`${name} has no file with its licence: ${folder}`);
}

/** Folders within a package may have a package.json of their own, even with a name. */
function packageFolder(id) {
  const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id);
  return folder;
}
