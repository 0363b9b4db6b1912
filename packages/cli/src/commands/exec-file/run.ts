import { join, posix, win32 } from "node:path";
import { decrypt } from "isosops";
import type { ExecTask } from "../../child/flags.js";
import { endLike, runCommand, startInBackground } from "../../child/run-command.js";
import { switchUser } from "../../child/switch-user.js";
import { loadSettings } from "../../files/config-file.js";
import { chooseFormats, chooseIndent, chooseLayout } from "../../files/formats.js";
import { readInput } from "../../files/input.js";
import { withFileName } from "../../files/with-file-name.js";
import { findKeys } from "../../keys/find-keys.js";
import { withPlacesTried } from "../../keys/identities.js";
import { type PlainFile, writePlainFile, writeToFifo } from "../../plaintext/plain-file.js";
import { createPrivateFolder, type PrivateFolder } from "../../plaintext/private-folder.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { warn, warnOf } from "../../terminal/messages.js";
import { warnOfBackground } from "../exec-env/report.js";

/** `isosops exec-file` (cmd/sops/main.go, cmd/sops/subcommand/exec). */
export async function execFileCommand(task: ExecTask): Promise<void> {
  const { operation, files, command, options } = task;
  const names = chooseNames(task);
  const contents = await decryptAll(task);
  if (options.background === true) warnOfBackground(operation);
  const ofUser = options.user ? switchUser(options.user) : {};
  const isFifo = options.fifo !== false && options.background !== true && canMakeFifo();
  const size = contents.reduce((sum, { length }) => sum + length, 0);
  const folder = createPrivateFolder({ size });
  const plain: PlainFile[] = [];
  try {
    for (const [index, bytes] of contents.entries()) {
      const path = join(folder.path, names[index]!);
      plain.push(isFifo ? writeToFifo(path, bytes) : writePlainFile(path, bytes));
    }
    const env = { ...process.env, ...ofUser };
    const complete = withPaths(
      command,
      plain.map(({ path }) => path),
      files.length > 1,
    );
    if (options.background === true) {
      await startInBackground(complete, env, folder.held);
      folder.leave();
      return;
    }
    const ended = await runCommand(complete, env);
    close(plain, folder);
    endLike(ended);
  } catch (error) {
    close(plain, folder);
    throw error;
  }
}

function close(plain: readonly PlainFile[], folder: PrivateFolder): void {
  for (const file of plain) file.close();
  folder.remove();
}

async function decryptAll({ operation, files, options }: ExecTask): Promise<Uint8Array[]> {
  const config = await loadSettings(options.config);
  const { tried, ...keys } = await findKeys(options);
  const contents: Uint8Array[] = [];
  for (const file of files) {
    const invocation = { operation, file, ignored: [], options };
    const formats = chooseFormats(invocation);
    const source = await readInput(invocation);
    const { bytes, warnings } = await withFileName(invocation, () =>
      withPlacesTried(tried, async () => {
        const { bytes, warnings } = await decrypt(source, {
          ...formats,
          ...keys,
          layout: chooseLayout(options),
          indent: chooseIndent(options, config, formats.outputFormat),
          filename: file,
        });
        return { bytes, warnings };
      }),
    );
    warnOf(file, warnings);
    contents.push(bytes);
  }
  return contents;
}

/** The names of the temporary files. Throws `CommandError`. */
function chooseNames({ files, options: { filename } }: ExecTask): string[] {
  if (!filename) return files.map((_, index) => (files.length === 1 ? "tmp-file" : `tmp-file-${index + 1}`));
  if (files.length > 1) {
    throw new CommandError(exitCodes.conflictingParameters, "--filename is the name of one file: give one file.");
  }
  // sops takes folders in it and then fails, as they do not exist.
  const isName = filename !== "." && filename !== ".." && !/[/\0]/.test(filename);
  if (isName && (process.platform !== "win32" || win32.basename(filename) === filename)) return [filename];
  throw new CommandError(
    exitCodes.generic,
    `The provided filename is not a local path: --filename ${filename}. Give a name without folders, such as ${posix.basename(filename) || "values.yaml"}.`,
  );
}

/** As in sops, without quotes: there may be some in the command. */
function withPaths(command: string, paths: readonly string[], isNumbered: boolean): string {
  const all = command.replaceAll("{}", () => paths.join(" "));
  return isNumbered ? all.replaceAll(/\{(\d+)\}/g, (text, number) => paths[Number(number) - 1] ?? text) : all;
}

function canMakeFifo(): boolean {
  if (process.platform !== "win32") return true;
  warn("no fifos on windows, use --no-fifo next time");
  return false;
}
