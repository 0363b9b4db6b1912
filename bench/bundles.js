/**
 * What the library weighs in a browser: minified by esbuild, and gzipped. `node bench/bundles.js` prints it and exits
 * with 1 where something is over its budget; `--analyze` also prints what it is made of.
 */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { analyzeMetafile, build } from "esbuild";

const entry = "main.js";

/** The budgets are gzipped bytes, set about a tenth above what was measured. */
const bundles = [
  {
    name: "full engine",
    budget: 120_000,
    code: 'export * from "isosops";\nexport * from "@isosops/formats";',
  },
  {
    name: "full engine, a format's code on demand",
    budget: 46_000,
    code: 'export * from "isosops";',
  },
  {
    name: "YAML + age, decrypt only",
    budget: 60_000,
    code: `export { decrypt } from "@isosops/core";
export { yaml } from "@isosops/formats/yaml";
export { ageSource } from "isosops/age";`,
  },
  {
    name: "JSON + age, decrypt only",
    budget: 39_000,
    code: `export { decrypt } from "@isosops/core";
export { json } from "@isosops/formats/json";
export { ageSource } from "isosops/age";`,
  },
  {
    name: "YAML + age, encrypt and decrypt",
    budget: 60_000,
    code: `export { decrypt, encrypt } from "@isosops/core";
export { yaml } from "@isosops/formats/yaml";
export { age, ageSource } from "isosops/age";`,
  },
  {
    name: "JSON + age, encrypt and decrypt",
    budget: 40_000,
    code: `export { decrypt, encrypt } from "@isosops/core";
export { json } from "@isosops/formats/json";
export { age, ageSource } from "isosops/age";`,
  },
  {
    name: "YAML + age, decrypt only, in a Worker, with all that is loaded on demand",
    budget: 150_000,
    isWorker: true,
    code: `export { decrypt } from "@isosops/core";
export { yaml } from "@isosops/formats/yaml";
export { ageSource } from "isosops/age";`,
  },
  {
    name: "JSON + AWS KMS, decrypt only",
    budget: 37_000,
    code: `export { decrypt } from "@isosops/core";
export { json } from "@isosops/formats/json";
export { awsKmsSource } from "@isosops/keys/aws";`,
  },
  {
    name: "JSON + Azure Key Vault, decrypt only",
    budget: 33_000,
    code: `export { decrypt } from "@isosops/core";
export { json } from "@isosops/formats/json";
export { azureKeyVaultSource } from "@isosops/keys/azure";`,
  },
  {
    name: "JSON + GCP KMS, decrypt only",
    budget: 34_000,
    code: `export { decrypt } from "@isosops/core";
export { json } from "@isosops/formats/json";
export { gcpKmsSource } from "@isosops/keys/gcp";`,
  },
  {
    name: "JSON + Vault, decrypt only",
    budget: 33_000,
    code: `export { decrypt } from "@isosops/core";
export { json } from "@isosops/formats/json";
export { vaultTransitSource } from "@isosops/keys/vault";`,
  },
  {
    name: "JSON + HuaweiCloud KMS, decrypt only",
    budget: 34_000,
    code: `export { decrypt } from "@isosops/core";
export { json } from "@isosops/formats/json";
export { huaweiKmsSource } from "@isosops/keys/huawei";`,
  },
  {
    name: "JSON + PGP, decrypt only",
    budget: 102_000,
    // Loaded with the first file that has such a key, and nothing opens without it.
    always: "lightweight/openpgp.min.mjs",
    code: `export { decrypt } from "@isosops/core";
export { json } from "@isosops/formats/json";
export { pgpSource } from "@isosops/keys/pgp";`,
  },
  {
    name: "age, decrypt only, X25519",
    budget: 13_500,
    code: 'export { decrypt } from "@isosops/age";',
  },
];

/**
 * The bytes that load at once; what is loaded on demand (the regular expression library, for patterns that need it)
 * is counted apart, as `lazy`.
 *
 * @returns {Promise<{ name: string, bytes: number, gzip: number, lazy: number, budget: number, metafile: object }[]>}
 *   `bytes` minified, `gzip` and `lazy` minified and gzipped at level 9
 */
export async function bundleSizes() {
  return Promise.all(bundles.map(measure));
}

async function measure({ name, budget, code, always = entry, isWorker = false }) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL(".", import.meta.url)), sourcefile: entry },
    outdir: "out",
    write: false,
    bundle: true,
    minify: true,
    // A Worker is uploaded as a whole.
    splitting: !isWorker,
    format: "esm",
    target: "es2022",
    platform: "browser",
    mainFields: ["module", "main"],
    conditions: isWorker ? ["workerd", "worker", "import"] : ["browser", "import"],
    metafile: true,
    logLevel: "error",
  });
  const eager = eagerOutputs(metafile, [entry, always]);
  let bytes = 0;
  let gzip = 0;
  let lazy = 0;
  for (const { path, contents } of outputFiles) {
    const compressed = gzipSync(contents, { level: 9 }).length;
    if (!eager.some((output) => path.replaceAll("\\", "/").endsWith(`/${output}`))) {
      lazy += compressed;
      continue;
    }
    bytes += contents.length;
    gzip += compressed;
  }
  return { name, bytes, gzip, lazy, budget, metafile };
}

/**
 * The entries, by the ends of their paths, and all that they import with a plain `import`. What is imported on demand is an entry too in esbuild's eyes,
 * even where the import itself was dropped.
 */
function eagerOutputs({ outputs }, entries) {
  const found = Object.keys(outputs).filter((path) => entries.some((end) => outputs[path].entryPoint?.endsWith(end)));
  for (const path of found) {
    for (const { path: imported, kind } of outputs[path].imports) {
      if (kind === "import-statement" && !found.includes(imported)) found.push(imported);
    }
  }
  return found;
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { name, bytes, gzip, lazy, budget, metafile } of await bundleSizes()) {
    const over = gzip > budget;
    if (over) process.exitCode = 1;
    const verdict = over ? `OVER the budget of ${kilobytes(budget)}` : `budget ${kilobytes(budget)}`;
    const onDemand = lazy > 0 ? `, ${kilobytes(lazy)} more on demand` : "";
    console.log(`${name}: ${kilobytes(bytes)} minified, ${kilobytes(gzip)} gzipped${onDemand} (${verdict})`);
    if (process.argv.includes("--analyze")) console.log(await analyzeMetafile(metafile));
  }
}
