import { quote } from "shlex";
import { harmless } from "./messages.js";

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** A command for the next step. */
export function commandLine(command: string, paths: readonly string[]): string {
  return harmless(`\`isosops org ${[command, ...paths.map((path) => quote(path))].join(" ")}\``);
}
