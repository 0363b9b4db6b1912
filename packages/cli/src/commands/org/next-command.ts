import { quote } from "shlex";
import { printable } from "../../terminal/printable.js";

/** A command for the next step. */
export function nextCommand(command: string, paths: readonly string[]): string {
  return printable(`\`isosops org ${[command, ...paths.map((path) => quote(path))].join(" ")}\``);
}
