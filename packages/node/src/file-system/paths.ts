import { readlinkSync } from "node:fs";
import { isAbsolute, relative as relativeByNames, resolve as resolveByNames } from "node:path";
import { nameOf } from "./names.js";

/** The working folder by its whole name, which `process.cwd()` does not give where it is no UTF-8. */
export function workingFolder(): string {
  const folder = process.cwd();
  if (!folder.includes("\ufffd") || process.platform !== "linux") return folder;
  return nameOf(readlinkSync("/proc/self/cwd", { encoding: "buffer" }));
}

/** An absolute path, as `resolve` of `node:path`. */
export function resolve(path: string, ...below: readonly string[]): string {
  return isAbsolute(path) ? resolveByNames(path, ...below) : resolveByNames(workingFolder(), path, ...below);
}

/** The way from the working folder to a path. */
export function relativeToHere(path: string): string {
  return relativeByNames(workingFolder(), resolve(path));
}
