import { readSecretFile } from "@isosops/node/internal/bundler/secret-file";
import { readTypes, typesOf, writeTypes } from "@isosops/node/internal/bundler/write-types";
import { exitCodes } from "../../program/exit-codes.js";
import { say } from "../../terminal/messages.js";
import { writeStdout } from "../../terminal/stdout.js";
import type { TypesFlags } from "./flags.js";

/** `isosops types`. All files are read before the first types are written. */
export async function typesCommand(paths: readonly string[], { check, print }: TypesFlags): Promise<void> {
  const secrets = [];
  for (const path of paths) {
    const secret = await readSecretFile({ path, isAsked: true }, ".");
    if (secret !== undefined) secrets.push(secret);
  }
  for (const secret of secrets) {
    const { path, text } = typesOf(secret);
    if (print) await writeStdout(text);
    else if (!check) {
      await writeTypes(secret);
      say(path);
    } else if ((await readTypes(path)) !== text) {
      say(`${path}: not the types of ${secret.path}. Write them: isosops types ${secret.path}`);
      process.exitCode = exitCodes.findings;
    }
  }
}
