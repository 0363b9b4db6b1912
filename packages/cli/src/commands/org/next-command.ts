import { shellPath } from "@isosops/gitops";
import { printable } from "../../terminal/printable.js";

/** The next command to run, for a message. */
export function nextCommand(command: string, paths: readonly string[]): string {
  return printable(`\`isosops org ${[command, ...paths.map((path) => shellPath(path))].join(" ")}\``);
}
