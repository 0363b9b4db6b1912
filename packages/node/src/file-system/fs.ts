/** The functions of `node:fs` that take or return file names, for all file names: see `names.ts`. */
import * as fs from "node:fs";
import { nameOf, native } from "./names.js";

// biome-ignore lint/suspicious/noExplicitAny: the types of the function are those of the one that is given.
type TakesPath = (...given: any[]) => unknown;

/** The function with its first `count` arguments, which are paths, converted. */
function takingNames<Work extends TakesPath>(work: Work, count = 1): Work {
  return ((...given: unknown[]) => {
    for (let at = 0; at < count; at++) given[at] = native(given[at]);
    return work(...given);
  }) as Work;
}

export const accessSync: typeof fs.accessSync = /* @__PURE__ */ takingNames(fs.accessSync);
export const existsSync: typeof fs.existsSync = /* @__PURE__ */ takingNames(fs.existsSync);
export const lstatSync: typeof fs.lstatSync = /* @__PURE__ */ takingNames(fs.lstatSync);
export const mkdirSync: typeof fs.mkdirSync = /* @__PURE__ */ takingNames(fs.mkdirSync);
export const open: typeof fs.open = /* @__PURE__ */ takingNames(fs.open);
export const openSync: typeof fs.openSync = /* @__PURE__ */ takingNames(fs.openSync);
export const readFileSync: typeof fs.readFileSync = /* @__PURE__ */ takingNames(fs.readFileSync);
export const renameSync: typeof fs.renameSync = /* @__PURE__ */ takingNames(fs.renameSync, 2);
export const rmSync: typeof fs.rmSync = /* @__PURE__ */ takingNames(fs.rmSync);
export const rmdirSync: typeof fs.rmdirSync = /* @__PURE__ */ takingNames(fs.rmdirSync);
export const statSync: typeof fs.statSync = /* @__PURE__ */ takingNames(fs.statSync);
export const writeFileSync: typeof fs.writeFileSync = /* @__PURE__ */ takingNames(fs.writeFileSync);

export function realpathSync(path: string): string {
  return nameOf(fs.realpathSync(native(path), { encoding: "buffer" }));
}

export function readlinkSync(path: string): string {
  return nameOf(fs.readlinkSync(native(path), { encoding: "buffer" }));
}

export function readdirSync(path: string): string[] {
  return fs.readdirSync(native(path), { encoding: "buffer" }).map(nameOf);
}

/** An entry of a folder. */
export interface FolderEntry {
  readonly name: string;
  isDirectory(): boolean;
  isFile(): boolean;
}

/** The entries of a folder. Throws the system's errors. */
export function readFolder(path: string): FolderEntry[] {
  const entries = fs.readdirSync(native(path), { withFileTypes: true });
  if (!entries.some(({ name }) => name.includes("\ufffd"))) return entries;
  const prefix = path.endsWith("/") ? path : `${path}/`;
  return readdirSync(path).flatMap((name) => {
    const stats = lstatSync(`${prefix}${name}`, { throwIfNoEntry: false });
    return stats === undefined ? [] : [{ name, isDirectory: () => stats.isDirectory(), isFile: () => stats.isFile() }];
  });
}
