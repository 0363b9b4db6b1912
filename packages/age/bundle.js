/** Puts bcrypt-pbkdf, a library in CommonJS, into the module of the build that names it, with its licences beside it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const module = join(here, "dist/ssh/bcrypt.js");

const { metafile } = await build({
  absWorkingDir: here,
  stdin: { contents: 'export { default } from "bcrypt-pbkdf";', resolveDir: here },
  outfile: module,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  platform: "neutral",
  mainFields: ["main"],
  external: ["@noble/hashes/*"],
  plugins: [{ name: "sha512", setup: hashByNoble }],
  metafile: true,
  logLevel: "warning",
});

/** Of tweetnacl, which is 33 kB, only SHA-512 is used. It is there already. */
function hashByNoble({ onResolve, onLoad }) {
  onResolve({ filter: /^tweetnacl$/ }, () => ({ path: "tweetnacl", namespace: "sha512" }));
  onLoad({ filter: /.*/, namespace: "sha512" }, () => ({
    contents: `import { sha512 } from "@noble/hashes/sha2.js";
      export const lowlevel = { crypto_hash: (out, message, length) => out.set(sha512(message.subarray(0, length))) };`,
    resolveDir: here,
  }));
}

const licences = new Set(
  Object.keys(metafile.inputs)
    .map((input) => /^(.*\/node_modules\/[^/]+)\//.exec(input)?.[1])
    .filter((folder) => folder !== undefined),
);
const texts = [...licences].map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(here, folder, "package.json"), "utf8"));
  return `${name} ${version} (${license})\n\n${readFileSync(join(here, folder, "LICENSE"), "utf8")}`;
});
writeFileSync(join(here, "dist/ssh/LICENSES.txt"), texts.join("\n---\n\n"));
