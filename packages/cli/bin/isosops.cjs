#!/usr/bin/env node
"use strict";
// The start of the command is most of the time that it takes on a small file. So the bundle is run from the code that V8 has
// compiled of it before, which is kept in the folder `cache` beside it, and nothing is loaded here that Node has not loaded itself.
const fs = require("node:fs");
const path = require("node:path");

/** What Node puts around a file. */
const before = "(function (exports, require, module, __filename, __dirname) {";
const after = "\n})";
const bundle = path.join(__dirname, "..", "bundle");
const isWindows = process.platform === "win32";
/** Modules that are loaded, which the bundle need not look for. */
const ready = { "node:fs": fs, "node:path": path };
/** The exports of the files of the bundle. */
const loaded = new Map();
/** The files that there was no kept code for. */
const compiled = [];
/** The folder of kept code, and who owns the bundle. */
let cache;
let owner;
/** Where files are read to, one after the other: what a process touches first, the system has to find and to clear. */
let memory;

const usesCache =
  process.versions.bun === undefined &&
  process.versions.deno === undefined &&
  // A report on coverage has nothing about kept code.
  !process.env.NODE_V8_COVERAGE &&
  !process.env.NODE_DISABLE_COMPILE_CACHE;
const { main } = usesCache ? load("main.js") : require("../bundle/main.js");
let hasEnded = false;
process.once("beforeExit", () => {
  // As Node does for a module that waits for what never comes.
  if (!hasEnded) process.exitCode ||= 13;
});
main(process.argv.slice(2)).then(() => {
  hasEnded = true;
  keepCompiled();
  // What is left would only take apart what ends with the process. On Windows, output to a pipe may still be on its way.
  if (usesCache && !isWindows && process.getActiveResourcesInfo().length === 0) process.exit();
}, reportUnreported);

/** What prints errors is in a file of the bundle, too, which may be gone. */
function reportUnreported(error) {
  hasEnded = true;
  process.exitCode = 1;
  try {
    fs.writeSync(2, `error: A file of isosops itself is gone, or cannot be read. (${error.code ?? error.name})\n`);
  } catch {
    // stderr is closed, or full.
  }
}

function load(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const { Script } = require("node:vm");
  const filename = path.join(bundle, name);
  const { bytes, uid } = readBundled(filename);
  const text = bytes.latin1Slice();
  if (cache === undefined) {
    owner = uid;
    // The main file begins with its hash, and the names of the others contain theirs.
    const id = text.slice(before.length + 2, before.length + 18);
    cache = path.join(__dirname, "..", "cache", [id, process.version, process.arch, job()].join("-"));
  }
  const cachedData = readCompiled(path.join(cache, name));
  const script = new Script(text, { filename, cachedData });
  // V8 rejects code of other options of its own. Runs with such options, which are rare, leave the usual code in place.
  const isUsual = process.execArgv.length === 0 && !process.env.NODE_OPTIONS;
  if (cachedData === undefined || (script.cachedDataRejected && isUsual)) compiled.push({ name, script });
  const module = { exports: {} };
  loaded.set(name, module);
  const requireHere = (id) => (id.startsWith("./") ? load(id.slice(2)) : (ready[id] ?? require(id)));
  try {
    script.runInThisContext().call(module.exports, module.exports, requireHere, module, filename, bundle);
  } catch (error) {
    // As Node does: half of a file is not there, and the next use of it tries again.
    loaded.delete(name);
    throw error;
  }
  return module.exports;
}

/** A file of the bundle. Its error is known by its code, which is the one of `require`. */
function readBundled(file) {
  try {
    return readFile(file, before, after);
  } catch (cause) {
    throw Object.assign(new Error(`Cannot load ${file} (${cause.code})`, { cause }), { code: "MODULE_NOT_FOUND" });
  }
}

/** What is compiled depends on what is done: one of the most frequent jobs, or another one. */
function job() {
  const [, , word] = process.argv;
  if (word === "decrypt" || word === "-d" || word === "--decrypt") return "decrypt";
  if (word === "encrypt" || word === "-e" || word === "--encrypt") return "encrypt";
  return "other";
}

/** V8 runs kept code as it is. So it must be from whoever may also write the bundle. */
function readCompiled(file) {
  try {
    const { bytes, uid, mode } = readFile(file);
    return uid === owner && (isWindows || (mode & 0o022) === 0) ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function keepCompiled() {
  if (compiled.length === 0 || (!isWindows && process.getuid() !== owner)) return;
  try {
    fs.mkdirSync(cache, { recursive: true });
    for (const { name, script } of compiled) {
      const file = path.join(cache, name);
      const temporary = `${file}.${process.pid}`;
      fs.writeFileSync(temporary, script.createCachedData(), { mode: 0o644, flag: "wx", flush: true });
      fs.renameSync(temporary, file);
    }
  } catch {
    // In a folder that cannot be written, the bundle is compiled each time.
  }
}

/** A file, with texts before and after it: putting them to a string later would copy it. The next call overwrites it. */
function readFile(file, start = "", end = "") {
  const descriptor = fs.openSync(file, "r");
  try {
    const { size, uid, mode } = fs.fstatSync(descriptor);
    const length = start.length + size + end.length;
    if (memory === undefined || memory.length < length) memory = Buffer.allocUnsafeSlow(Math.max(length, 1 << 20));
    let at = memory.latin1Write(start, 0);
    for (let count = -1; count !== 0 && at < start.length + size; at += count) {
      count = fs.readSync(descriptor, memory, at, start.length + size - at, at - start.length);
    }
    at += memory.latin1Write(end, at);
    return { bytes: memory.subarray(0, at), uid, mode };
  } finally {
    fs.closeSync(descriptor);
  }
}
