/**
 * Finds what a package's modules use that not every runtime has. esbuild does the parsing: it knows an import from a
 * text that looks like one, and a free name from a bound one.
 */
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, relative, resolve } from "node:path";
import { build, transform } from "esbuild";
import { listImports } from "./imports.js";

/** Globals of one kind of runtime. */
const globals = [
  ...["Buffer", "process", "global", "require", "module", "exports", "__dirname", "__filename", "setImmediate"],
  ...["window", "document", "self", "navigator", "location", "localStorage", "XMLHttpRequest", "alert", "Deno", "Bun"],
];

/** Conditions of runtimes that have Node's modules. */
const nativeConditions = new Set(["node", "bun", "deno"]);

/**
 * @param {string} path the package's folder
 * @param {Record<string, any>} manifest its package.json
 * @returns {Promise<string[]>} what is wrong
 */
export async function findUnportable(path, manifest) {
  const native = nativeModules(path, manifest);
  const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const internal = Object.keys(manifest.imports ?? {});
  const problems = [];
  const files = modulesIn(join(path, "dist"));
  if (files.length === 0) return ["no built module: build first"];

  for (const { file, specifier } of await listImports(files)) {
    const place = relative(path, file);
    if (specifier.startsWith(".")) {
      const target = resolve(file, "..", specifier);
      if (native.has(target)) problems.push(`${place} imports ${specifier} past the map of imports`);
    } else if (!native.has(file) && !internal.includes(specifier) && !belongsTo(specifier, dependencies)) {
      problems.push(`${place} imports ${specifier}, which is not one of the package's dependencies`);
    }
  }
  for (const file of files) {
    if (native.has(file)) continue;
    for (const name of await freeGlobals(readFileSync(file, "utf8")))
      problems.push(`${relative(path, file)} uses ${name}`);
  }
  return [...problems, ...(await bundleEntries(path, manifest))];
}

/**
 * What a bundle imports apart from Node's modules: it should contain everything else.
 *
 * @param {string} folder
 * @returns {Promise<string[]>} what is wrong
 */
export async function findUnbundled(folder) {
  return (await listImports(modulesIn(folder)))
    .filter(({ specifier }) => !specifier.startsWith("./") && !isBuiltin(specifier))
    .map(({ file, specifier }) => `${relative(folder, file)} imports ${specifier}`);
}

function modulesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".js"))
    .map((name) => join(folder, name));
}

/** The modules that only runtimes with Node's modules load, by the `imports` of the manifest. */
function nativeModules(path, { imports = {} }) {
  const native = new Set();
  const elsewhere = new Set();
  for (const targets of Object.values(imports)) {
    for (const [condition, target] of Object.entries(targets)) {
      (nativeConditions.has(condition) ? native : elsewhere).add(resolve(path, target));
    }
  }
  return new Set([...native].filter((file) => !elsewhere.has(file)));
}

function belongsTo(specifier, dependencies) {
  return dependencies.some((name) => specifier === name || specifier.startsWith(`${name}/`));
}

/** esbuild's `define` replaces a name only where nothing binds it. */
async function freeGlobals(code) {
  const define = {};
  for (const name of globals) {
    define[name] = `free_global_${name}`;
    define[`globalThis.${name}`] = `free_global_${name}`;
  }
  const { code: marked } = await transform(code, { define, format: "esm", logLevel: "silent" });
  return new Set([...marked.matchAll(/\bfree_global_(\w+)/g)].map((match) => match[1]));
}

/**
 * Every entry point, with all it depends on, for a runtime that has nothing: a module of Node's is an error, and so is
 * CommonJS, which Rollup does not read without a plug-in.
 */
async function bundleEntries(path, manifest) {
  const targets = Object.values(manifest.exports ?? {}).map((item) => item.default ?? item);
  const problems = [];
  for (const conditions of [["browser"], ["workerd", "worker"], []]) {
    try {
      const { metafile } = await build({
        entryPoints: targets.filter((target) => target.endsWith(".js")).map((target) => join(path, target)),
        outdir: "out",
        write: false,
        bundle: true,
        splitting: true,
        format: "esm",
        // As bundlers for browsers and Workers do: OpenPGP.js has a file for those. An import of one of Node's modules is
        // still an error.
        platform: "browser",
        mainFields: ["module", "main"],
        conditions: [...conditions, "import"],
        metafile: true,
        logLevel: "silent",
      });
      for (const [input, { format }] of Object.entries(metafile.inputs)) {
        if (format === "cjs")
          problems.push(`contains CommonJS with the conditions [${conditions.join(", ")}]: ${input}`);
      }
    } catch (error) {
      problems.push(`does not bundle with the conditions [${conditions.join(", ")}]: ${error.message}`);
    }
  }
  return problems;
}
