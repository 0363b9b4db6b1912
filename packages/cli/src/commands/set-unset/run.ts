import { fileLimit, readLimited } from "@isosops/node/internal/read-limited";
import { reasonOf } from "@isosops/node/internal/system-error";
import { type Path, parsePath, SopsError, set, unset } from "isosops";
import { loadConfig } from "../../files/config-file.js";
import { chooseFormats, chooseIndent, chooseLayout } from "../../files/formats.js";
import { readInput } from "../../files/input.js";
import { readStdin } from "../../files/read-stdin.js";
import { withFileName } from "../../files/with-file-name.js";
import { writeEncrypted } from "../../keyring/write-encrypted.js";
import { type FoundKeys, findKeys } from "../../keys/find-keys.js";
import { withPlacesTried } from "../../keys/identities.js";
import { sayIfVerbose } from "../../keys/say-if-verbose.js";
import { isCalledAsSops } from "../../program/called-as-sops.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { warn, warnOf } from "../../terminal/messages.js";
import type { EditTask } from "./flags.js";

/** `isosops set` and `isosops unset`. Checks run in the order of sops. */
export async function editCommand(task: EditTask): Promise<void> {
  const { operation, file, options } = task;
  const invocation = { operation, file, ignored: [], options };
  const formats = chooseFormats(invocation);
  const path = readPath(task);
  const json = operation === "set" ? await readValue(task) : undefined;
  const config = await loadConfig(options.config);
  const { editInPlace } = await import("@isosops/node/internal/write/edit-in-place");
  let found: FoundKeys | undefined;
  const { warnings } = await editInPlace(file, {
    read: () => readInput(invocation),
    async edit(source) {
      found ??= await findKeys(options);
      const { tried, ...keys } = found;
      const edit = {
        ...formats,
        ...keys,
        path,
        layout: chooseLayout(options),
        indent: chooseIndent(options, config, formats.outputFormat),
        ignoreMac: options.ignoreMac,
        idempotent: options.idempotent,
        allowLoss: options.allowLoss,
        filename: file,
      };
      return withFileName(invocation, () =>
        withPlacesTried(tried, () => (json === undefined ? unset(source, edit) : set(source, { ...edit, json }))),
      );
    },
    async write({ bytes, changed }, source) {
      if (changed || options.idempotent !== true) {
        await writeEncrypted(file, bytes, { replaces: source, wasEncrypted: true });
        await sayIfVerbose(options, ({ sayWritten }) => sayWritten());
      }
    },
  });
  warnOf(file, warnings);
  if (formats.format === "dotenv" && json !== undefined && !isCalledAsSops()) warnOfComment(file, json);
}

/**
 * sops writes a value of an ENV file as it is, and reads all of the line. For other programs that read such files, ` #` begins
 * a comment. Quotes around the value would be a part of it for sops.
 */
function warnOfComment(file: string, json: string): void {
  // Anything else than a string in JSON has no `#` after a space that counts.
  if (!/^\s*"/.test(json)) return;
  const value: unknown = JSON.parse(json);
  if (typeof value !== "string" || !/(?:^|\s)#/.test(value) || /^(["'`]).*\1$/s.test(value)) return;
  warn(
    `${file}: for many programs that read ENV files, a # after a space begins a comment, so they read only the part of the value before it. For them, put quotes into the value: '"\\"...\\""'. sops reads the quotes as part of it.`,
  );
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
  if (options.valueStdin !== true && options.valueFile !== true) return value!;
  try {
    return (await (options.valueStdin === true ? readStdin() : readLimited(value!, fileLimit))).toString();
  } catch (error) {
    throw new CommandError(
      exitCodes.generic,
      `${options.valueStdin === true ? "stdin" : value}: the file with the value cannot be read: ${reasonOf(error)}.`,
      error,
    );
  }
}
