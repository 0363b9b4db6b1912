/**
 * Puts the built modules of the command and all that they import into a few files, so that little has to be looked for
 * and read before it does its work. The pages of `packages/web`, which are built before, are in one of them.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { encrypt, generateIdentity } from "isosops";
import { rolldown } from "rolldown";
import { esmExternalRequirePlugin } from "rolldown/plugins";
import { minifySync } from "rolldown/utils";
import { licenceTexts } from "./licences/texts.js";

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * What is loaded together is one file each: the modules named, and those they import, but for the ones of a file further
 * up. All other modules are divided by which imports on demand need them.
 */
const files = Object.entries({
  arguments: ["dist/program/parse-arguments.js"],
  age: ["../age/dist/index.js"],
  write: ["dist/files/write-file.js"],
  "age-commands": listModules("dist/commands/age"),
  commands: ["encrypt", "set-unset"].map((name) => `dist/commands/${name}/run.js`),
  json: ["../formats/dist/json/index.js"],
  env: ["../formats/dist/env/index.js"],
}).map(([name, entries]) => ({ name, entries: entries.map((path) => join(here, path)) }));

/** A usual YAML file. */
const sample = `# a comment
name: text # a comment behind a value
quoted: "some text"
nested:
  port: 8080
  list:
    - first
    - isLast: true
block: |
  several
  lines
`;

/** Modules that decrypting a YAML file with an age key runs no function of, but reads values of, or ends with an error by. */
const read = [
  "dist/program/command-error.js",
  "dist/program/exit-codes.js",
  "dist/terminal/plugin-ui.js",
  "dist/terminal/prompt.js",
  "../age/dist/error.js",
  "../core/dist/errors.js",
  "../isosops/dist/data-options.js",
  "../formats/dist/yaml/go-yaml/tokens.js",
  "../formats/dist/yaml/tree/stray-text.js",
].map((path) => join(here, path));

/** The modules of `main.js`: what the most frequent job needs, and nothing else. */
const usual = await listUsualModules();

/** The modules of each file, once they are known. */
let members;

const bundle = await rolldown({
  cwd: here,
  input: { main: "dist/main.js", worker: "dist/server/worker.js" },
  platform: "node",
  // What is in the same file is not loaded on demand; that is meant.
  checks: { ineffectiveDynamicImport: false },
  preserveEntrySignatures: "allow-extension",
  plugins: [
    {
      name: "commander-without-processes",
      // commander runs programs for commands that are files of their own. We have none, and loading what starts
      // processes takes long. So does importing `process` as a module, which opens stdin, stdout and stderr.
      resolveId: {
        order: "pre",
        filter: { id: /^node:(child_process|process)$/ },
        handler: (id, importer) => (importer?.includes("/commander/") ? `\0commander:${id}` : undefined),
      },
      load: {
        filter: { id: /^\0commander:/ },
        handler: (id) => `module.exports = ${id.endsWith(":process") ? "globalThis.process" : "{}"};`,
      },
    },
    {
      // Executables of Bun have no package.json beside them.
      name: "version",
      load: {
        filter: { id: /\/dist\/program\/version\.js$/ },
        handler() {
          const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
          return `export const version = () => ${JSON.stringify(version)};`;
        },
      },
    },
    {
      // As text, so that executables have them too.
      name: "pages",
      load: {
        filter: { id: /\/dist\/server\/pages\/built-in\.js$/ },
        handler: () => `export const builtInPages = () => (${JSON.stringify(builtPages())});`,
      },
    },
    {
      name: "gpg-without-openpgp",
      // The command leaves PGP to gpg (kinds.ts of `@isosops/node`). openpgp has another licence, so it must not be part of these files.
      resolveId: {
        order: "pre",
        filter: { id: /^(?:#openpgp|openpgp(?:\/.*)?)$/ },
        handler: () => "\0no-openpgp",
      },
      load: {
        filter: { id: /^\0no-openpgp$/ },
        handler: () => 'throw new Error("openpgp is not part of the command");',
      },
    },
    // What makes `require` is not loaded for Node's own modules.
    esmExternalRequirePlugin({ external: builtinModules.flatMap((name) => [name, `node:${name}`]) }),
    {
      name: "on-demand",
      renderChunk: (code) => withLoadingOnDemand(code),
    },
    {
      name: "licenses",
      generateBundle(_, output) {
        const modules = Object.values(output).flatMap((file) =>
          file.type === "chunk" ? Object.keys(file.modules) : [],
        );
        this.emitFile({ type: "asset", fileName: "LICENSES.txt", source: licenceTexts(modules) });
        const chunks = Object.values(output).filter(({ type }) => type === "chunk");
        const main = chunks.find(({ name }) => name === "main");
        const runtime = chunks.find(({ name }) => name === "rolldown-runtime");
        main.code = short(withInlined(withShared(main.code), runtime), Object.keys(main.modules));
        // bin/isosops.cjs reads them as Latin-1. What shortens the code takes escapes out of it.
        for (const chunk of chunks) chunk.code = inAscii(chunk.code);
        // The code that Node has compiled of it is kept by this hash.
        main.code = `/*${createHash("sha256").update(main.code).digest("hex").slice(0, 16)}*/\n${main.code}`;
        this.emitFile({ type: "asset", fileName: "package.json", source: '{"type":"commonjs"}\n' });
      },
    },
  ],
});
rmSync(join(here, "cache"), { recursive: true, force: true });
await bundle.write({
  dir: "bundle",
  cleanDir: true,
  // Node loads modules of the older kind in a third of the time.
  format: "cjs",
  comments: false,
  chunkFileNames: ({ name, facadeModuleId }) => `${commandOf(facadeModuleId) ?? name}-[hash].js`,
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [
      {
        debugName: "files",
        name(id, context) {
          members ??= [
            { name: "main", ids: new Set(usual) },
            ...files.map(({ name, entries }) => ({ name, ids: withImports(entries, context) })),
          ];
          return members.find(({ ids }) => ids.has(id))?.name;
        },
      },
    ],
  },
});
await bundle.close();

/**
 * The modules of which decrypting a YAML file with an age key runs a function: those of a second run, since loading a module runs
 * some of its functions.
 */
async function listUsualModules() {
  const folder = mkdtempSync(join(tmpdir(), "isosops-bundle-"));
  try {
    const { identity, recipient } = await generateIdentity();
    const { text } = await encrypt(sample, { format: "yaml", recipients: [recipient] });
    writeFileSync(join(folder, "values.yaml"), text);
    writeFileSync(join(folder, "keys.txt"), `${identity}\n`);
    const program = `
      import { writeFileSync } from "node:fs";
      import { Session } from "node:inspector/promises";
      import { main } from ${JSON.stringify(pathToFileURL(join(here, "dist/main.js")))};
      const session = new Session();
      session.connect();
      await session.post("Profiler.enable");
      await main(["decrypt", "values.yaml"]);
      await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
      await main(["decrypt", "values.yaml"]);
      const { result } = await session.post("Profiler.takePreciseCoverage");
      writeFileSync("called.json", JSON.stringify(result));
    `;
    execFileSync(process.execPath, ["--input-type=module", "-e", program], {
      cwd: folder,
      env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, HOME: folder, SOPS_AGE_KEY_FILE: "keys.txt" },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const result = JSON.parse(readFileSync(join(folder, "called.json"), "utf8"));
    const called = result
      .filter(({ functions }) => functions.some(({ ranges: [{ count }] }) => count > 0))
      .map(({ url }) => url);
    return [
      ...called.filter((url) => url.startsWith(pathToFileURL(join(here, "../..")).href)).map(fileURLToPath),
      ...read,
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The files of `packages/web` by path, compressed, in Base64. */
function builtPages() {
  const folder = join(here, "../web/dist");
  if (!existsSync(join(folder, "index.html"))) throw new Error("there are no pages: node packages/web/build.js");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const pages = files.map(({ parentPath, name }) => {
    const path = join(parentPath, name);
    const bytes = gzipSync(readFileSync(path), { level: 9 });
    return [`/${relative(folder, path).replaceAll("\\", "/")}`, bytes.toString("base64")];
  });
  return Object.fromEntries(pages.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The code, with the other files of the bundle and Node's own modules loaded when something of them is needed first. For
 * decrypting a small file no other file is, and `node:crypto` and `node:child_process` take longer than that does. Those
 * modules that Node itself has loaded at its start stay as they are. rolldown would copy all exports of some of them.
 */
function withLoadingOnDemand(original) {
  // A script that the start runs has no `import`.
  const code = original
    .replace(/\bimport\(("node:[^"]+")\)/g, "Promise.resolve(require($1))")
    .replaceAll('require("./main.js")', "$&.shared");
  if (/\bimport\(/.test(code)) throw new Error("a module is imported that is not in the bundle");
  const declaration = /^let (\w+) = require\("(node:[^"]+)"\);\n(?:\1 = \w+(?:\.\w+)?\(\1(?:, 1)?\);\n)?/gm;
  const lazy = new Set();
  // rolldown's own functions are needed first of all.
  const own = /^const (require_(?!rolldown_runtime\b)\w+) = (require\("\.\/[^"]+"\)(?:\.shared)?);\n/gm;
  const withOwn = code.replace(own, (_, name, call) => {
    lazy.add(name);
    return `let ${name}$m;\nfunction ${name}$() { return ${name}$m ??= ${call}; }\n`;
  });
  const declared = withOwn.replace(declaration, (_, name, id) => {
    if (id === "node:fs" || id === "node:path") return `const ${name} = require("${id}");\n`;
    lazy.add(name);
    return `let ${name}$m;\nfunction ${name}$() { return ${name}$m ??= require("${id}"); }\n`;
  });
  const [...names] = lazy;
  if (names.length === 0) return declared;
  const used = declared
    // Their default export is what `require` returns.
    .replace(new RegExp(`\\b(${[...names, "node_fs", "node_path"].join("|")})\\.default\\b`, "g"), "$1")
    .replace(new RegExp(`\\bnew (${names.join("|")})\\b(?!\\$)`, "g"), "new ($1$())")
    .replace(new RegExp(`\\b(${names.join("|")})\\b(?!\\$)(?=[.?\\s,;:)])`, "g"), "$1$()");
  const left = new RegExp(`\\b(?:${names.join("|")})\\b(?!\\$)`).exec(used);
  if (left !== null) throw new Error(`a module is used as a whole: ${used.slice(left.index, left.index + 80)}`);
  return used;
}

/** The code with another file in it instead of its import: one file less to open. */
function withInlined(code, { fileName, code: inlined }) {
  const call = `require("./${fileName}")`;
  if (code.split(call).length !== 2) throw new Error(`${call} is not there once`);
  return code.replace(call, () => `((exports) => {\n${inlined}\nreturn exports;\n})({})`);
}

/**
 * The code with one object of all that the other files use, which is made when one of them is loaded: it takes longer than
 * decrypting a value, and assigning hundreds of exports one by one longer than that.
 */
function withShared(code) {
  const names = [];
  const rest = code
    .replace('Object.defineProperty(exports, Symbol.toStringTag, { value: "Module" });\n', "")
    .replace(/^exports\.([\w$]+) = ([\w$]+);\n?/gm, (_, name, value) => {
      names.push(`${name}: ${value}`);
      return "";
    })
    .replace(
      /^Object\.defineProperty\(exports, "([\w$]+)", \{\s+enumerable: true,\s+get: function\(\) \{\s+return ([\w$.()]+);\s+\}\s+\}\);\n?/gm,
      (_, name, value) => {
        names.push(`get ${name}() { return ${value}; }`);
        return "";
      },
    );
  const left = /^(?:exports\.|Object\.defineProperty\(exports).*\n?.*\n?.*\n?.*/m.exec(rest);
  if (left !== null) throw new Error(`an export was not understood: ${left[0]}`);
  return `${rest}\nlet shared;\nmodule.exports = { main, get shared() { return shared ??= { ${names.join(", ")} }; } };\n`;
}

/**
 * The code with short names and without blanks, which is read in half the time. Functions keep their names, for messages of
 * errors, and the modules are named at the end.
 */
function short(code, modules) {
  const options = {
    compress: { keepNames: { function: true, class: true } },
    mangle: { toplevel: true, keepNames: true },
    codegen: { removeWhitespace: true },
    module: false,
  };
  const result = minifySync("main.js", code, options);
  if (result.errors.length > 0) throw new Error(result.errors[0].message);
  return `${result.code}\n${modules.map((id) => `// ${relative(here, id)}\n`).join("")}`;
}

/** The code with escapes for all other characters, which are in strings and regular expressions alone. */
function inAscii(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** `org-init` of `commands/org/init/run.js`. */
function commandOf(module) {
  return /\/dist\/commands\/(.+)\/run\.js$/.exec(module ?? "")?.[1].replaceAll("/", "-");
}

function listModules(folder) {
  return readdirSync(join(here, folder), { recursive: true })
    .filter((name) => name.endsWith(".js"))
    .map((name) => `${folder}/${name}`);
}

function withImports(entries, context) {
  const ids = new Set(entries);
  for (const id of ids) for (const imported of context.getModuleInfo(id)?.importedIds ?? []) ids.add(imported);
  return ids;
}
