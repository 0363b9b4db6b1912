import { quote } from "shlex";
import { printable } from "../../terminal/printable.js";

/** The next command to run, for a message. */
export function nextCommand(command: string, paths: readonly string[]): string {
  return printable(`\`isosops org ${[command, ...paths.map((path) => quote(path))].join(" ")}\``);
}
