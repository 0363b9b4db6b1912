import { readlinkSync } from "node:fs";
import { isAbsolute, relative as relativeByNames, resolve as resolveByNames } from "node:path";
import { errorCode } from "../system-error.js";
import { nameOf } from "./names.js";

/** The working folder. Unlike `process.cwd()`, correct if its name is not UTF-8. */
export function workingFolder(): string {
  const folder = process.cwd();
  if (!folder.includes("\ufffd") || process.platform !== "linux") return folder;
  return nameOf(readlinkSync("/proc/self/cwd", { encoding: "buffer" }));
}

/** Whether an error says that the working folder was removed. */
export function isRemovedFolder(error: unknown): boolean {
  return errorCode(error) === "ENOENT" && /cwd$/.test(String((error as NodeJS.ErrnoException).syscall));
}

/** As `resolve` of `node:path`. */
export function resolve(path: string, ...below: readonly string[]): string {
  return isAbsolute(path) ? resolveByNames(path, ...below) : resolveByNames(workingFolder(), path, ...below);
}

/** The path relative to the working folder. */
export function relativeToHere(path: string): string {
  return relativeByNames(workingFolder(), resolve(path));
}
