import { CommandError } from "./command-error.js";
import { exitCodes } from "./exit-codes.js";

/** The version of sops whose commands, flags, output and exit codes are the ones of this command. */
export const sopsVersion = "3.13.3";

/**
 * Whether this process stands for sops: it was started by its name, also through a link, or `ISOSOPS_COMPAT` says so. Then
 * the defaults that programs depend on are those of sops; the README of the package lists them.
 *
 * @throws {CommandError} for another value of the variable
 */
export function isCalledAsSops(): boolean {
  const asked = process.env.ISOSOPS_COMPAT ?? "";
  if (asked === "") return isNameOfSops(calledName().toLowerCase());
  if (asked === "sops" || asked === "isosops") return asked === "sops";
  throw new CommandError(
    exitCodes.generic,
    `ISOSOPS_COMPAT is \`sops\` to behave as sops, or \`isosops\` not to, whatever the command's name is; \`${asked}\` is neither.`,
  );
}

/** Also with a version and a platform, as sops is released, and as wrappers name what they start: `.sops-wrapped`. */
function isNameOfSops(name: string): boolean {
  if (name === "sops") return true;
  // Every command asks for this: the expression is compiled for few.
  if (!name.startsWith("sops") && !name.startsWith(".sops")) return false;
  return /^\.?sops(?:[-_]?v?\d[\w.-]*)?(?:-wrapped)?$/.test(name);
}

/** The name that this command was started by, without folders and endings such as `.js`, `.exe` and `.cmd`. */
export function calledName(): string {
  const [, script = ""] = process.argv;
  // In an executable that Bun has made, the script is a file in it.
  // Every command asks for this, and compiling expressions for it takes longer than decrypting several values.
  const isInFile = script.toLowerCase().includes("bun") && /[$~]bun(?:fs)?[\\/]/i.test(script);
  const path = isInFile ? process.argv0 : script;
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  const ending = [".js", ".cjs", ".mjs", ".exe", ".cmd"].find((one) => name.toLowerCase().endsWith(one)) ?? "";
  return name.slice(0, name.length - ending.length);
}
