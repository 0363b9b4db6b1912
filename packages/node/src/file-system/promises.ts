/** As `fs.ts`, for `node:fs/promises`. */
import * as fs from "node:fs/promises";
import { native } from "./names.js";

export const open: typeof fs.open = ((path, ...rest) => fs.open(native(path), ...rest)) as typeof fs.open;

export const readFile: typeof fs.readFile = ((path: never, options: never) =>
  fs.readFile(native(path), options)) as typeof fs.readFile;

export const rename: typeof fs.rename = (from, to) => fs.rename(native(from), native(to));

export const stat: typeof fs.stat = ((path: never, options: never) => fs.stat(native(path), options)) as typeof fs.stat;

export const writeFile: typeof fs.writeFile = ((path: never, ...rest: [never]) =>
  fs.writeFile(native(path), ...rest)) as typeof fs.writeFile;
