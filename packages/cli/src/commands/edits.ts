import { readFile } from "node:fs/promises";
import { type Path, parsePath, SopsError, set, unset } from "isosops";
import { CommandError, reasonOf } from "../command-error.js";
import { loadConfig } from "../config-file.js";
import { exitCodes } from "../exit-codes.js";
import type { EditTask } from "../flags/edits.js";
import { chooseFormats, chooseIndent } from "../formats.js";
import { findIdentities, namingPlaces } from "../identities.js";
import { readInput, readStdin } from "../input.js";
import { warnOf } from "../messages.js";
import { writeEncrypted } from "../write-encrypted.js";
import { namingFile } from "./naming-file.js";

/** `isosops set` and `isosops unset`. The checks stand in the order in which sops makes them. */
export async function editCommand(task: EditTask): Promise<void> {
  const { operation, file, options } = task;
  const invocation = { operation, file, ignored: [], options };
  const formats = chooseFormats(invocation);
  const path = readPath(task);
  const json = operation === "set" ? await readValue(task) : undefined;
  const config = await loadConfig(options.config);
  const source = await readInput(invocation);
  const { identities, tried } = await findIdentities();
  const edit = {
    ...formats,
    identities,
    path,
    layout: options.layout,
    indent: chooseIndent(options, config, formats.outputFormat),
    ignoreMac: options.ignoreMac,
    idempotent: options.idempotent,
    filename: file,
  };
  const { bytes, changed, warnings } = await namingFile(invocation, () =>
    namingPlaces(tried, () => (json === undefined ? unset(source, edit) : set(source, { ...edit, json }))),
  );
  warnOf(file, warnings);
  if (changed || options.idempotent !== true)
    await writeEncrypted(file, bytes, { replaces: source, wasEncrypted: true });
}

function readPath({ path }: EditTask): Path {
  try {
    const parsed = parsePath(path);
    if (parsed.length > 0) return parsed;
    throw new SopsError("invalid_path", `The path is empty. Say which value is meant: ["key"], or ["key"][0].`);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw new CommandError(exitCodes.setFormat, error.message, error);
  }
}

async function readValue({ value, options }: EditTask): Promise<string> {
  if (options.valueStdin === true) return (await readStdin()).toString();
  if (options.valueFile !== true) return value!;
  try {
    return await readFile(value!, "utf8");
  } catch (error) {
    throw new CommandError(
      exitCodes.generic,
      `${value}: the file with the value cannot be read: ${reasonOf(error)}.`,
      error,
    );
  }
}
