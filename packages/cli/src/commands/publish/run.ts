import { basename, join, relative, sep } from "node:path";
import { referenceOf } from "@isosops/core/key-reference";
import type { ConfigFile } from "@isosops/node/internal/config/config-file";
import { lstatSync, readFolder, realpathSync, statSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { ruleKeys, toKeyGroups } from "@isosops/node/internal/keys/named-keys";
import { decrypt, encrypt, inspect, type KeyReference, type Metadata, SopsError } from "isosops";
import { loadConfig } from "../../files/config-file.js";
import { chooseFormats, type FormatName } from "../../files/formats.js";
import { readInput } from "../../files/input.js";
import { withFileName } from "../../files/with-file-name.js";
import type { Invocation } from "../../flags/invocation.js";
import { type FoundKeys, findKeys } from "../../keys/find-keys.js";
import { isChange, showKeyChange } from "../../keys/group-changes.js";
import { withPlacesTried } from "../../keys/identities.js";
import { chooseKeyServices, keyKinds } from "../../keys/key-services.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { warnOfIgnored } from "../../program/file-task.js";
import { askYesOrNo } from "../../terminal/ask-yes-or-no.js";
import { type LineReader, lineReader } from "../../terminal/line-reader.js";
import { say, warnOf } from "../../terminal/messages.js";
import { printable } from "../../terminal/printable.js";
import { writeStdout } from "../../terminal/stdout.js";
import { destinationOf, findDestinationRule, type Target } from "./destination-rule.js";
import type { PublishOptions } from "./flags.js";

/** `isosops publish` (cmd/sops/subcommand/publish). Nothing is written on this machine. */
export async function publishCommand(invocation: Invocation, options: PublishOptions): Promise<void> {
  const path = invocation.file!;
  const config = await loadConfig(options.config);
  if (config === undefined) {
    throw new CommandError(exitCodes.generic, "config file not found: there is no .sops.yaml here or above.");
  }
  warnOfIgnored(invocation);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new CommandError(exitCodes.generic, `${path}: no such file or directory.`);
  if (stats.isDirectory() && options.recursive !== true) {
    throw new CommandError(exitCodes.generic, `${path}: can't operate on a directory without --recursive flag.`);
  }
  const stdin = lineReader();
  const found = await findKeys(options);
  const publish = { config, found, options, stdin };
  try {
    const files = stats.isDirectory() ? filesBelow(path) : [path];
    for (const file of files) await publishFile(file, stats.isDirectory() ? path : undefined, publish);
  } finally {
    stdin.close();
  }
}

interface Publishing {
  readonly config: ConfigFile;
  readonly found: FoundKeys;
  readonly options: PublishOptions;
  readonly stdin: LineReader;
}

/**
 * The files below a folder, in the order of their names, as Go's `filepath.Walk` has them, but `.git`. A link that leads out
 * of the folder is an error: who made it has decided what is published. Throws `CommandError`.
 */
function filesBelow(folder: string): string[] {
  const top = realpathSync(folder);
  const walk = (path: string): string[] =>
    readFolder(path)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const whole = path === "." ? entry.name : join(path, entry.name);
        if (entry.isDirectory()) return entry.name === ".git" ? [] : walk(whole);
        if (lstatSync(whole).isSymbolicLink() && !realpathSync(whole).startsWith(`${top}${sep}`)) {
          throw new CommandError(
            exitCodes.generic,
            `${whole}: it is a symbolic link to a file outside of ${folder}, so nothing was published. Publish that file by its name, or remove the link.`,
          );
        }
        return [whole];
      });
  return walk(folder);
}

/** @param root the folder that is published; undefined for a single file */
async function publishFile(file: string, root: string | undefined, publishing: Publishing): Promise<void> {
  const { config, options, stdin } = publishing;
  const rule = await findDestinationRule(config, file);
  const name = root === undefined ? basename(file) : relative(resolve(root), resolve(file)).split(sep).join("/");
  const target = destinationOf(rule, name, options.omitExtensions === true);
  const invocation = { operation: "publish", file, ignored: [], options } as const;
  const { format } = chooseFormats(invocation);
  const source = await readInput(invocation);
  const content = await withFileName(invocation, () => contentFor(target, { file, format, source }, publishing));
  const { url } = target.destination;
  const shown = printable(resolve(file));
  const question = `uploading ${shown} to ${printable(url)} ? (y/n): `;
  if (options.yes !== true && !(await askYesOrNo(question, stdin, "--yes"))) {
    const canceled = `Publication of ${shown} canceled`;
    if (root === undefined) throw new CommandError(exitCodes.generic, `${canceled}.`);
    await writeStdout(`${canceled}\n`);
    return;
  }
  try {
    await withFileName(invocation, () => target.destination.put(content));
  } catch (error) {
    // It is of the destination, not of a key of the file.
    if (error instanceof SopsError) throw new CommandError(exitCodes.generic, error.message, error);
    throw error;
  }
  say(`${shown} published to ${printable(url)}`);
}

interface Source {
  readonly file: string;
  readonly format: FormatName;
  readonly source: Uint8Array;
}

/** What is put at the destination. Throws `CommandError`, `SopsError`. */
async function contentFor(target: Target, { file, format, source }: Source, publishing: Publishing): Promise<string> {
  const { config, found, options } = publishing;
  const metadata = await inspect(source, { format, filename: file });
  if (metadata === undefined) {
    throw new CommandError(exitCodes.generic, `${file}: sops metadata not found: the file is not encrypted.`);
  }
  const { tried, ...keys } = found;
  const open = (outputFormat: FormatName) =>
    withPlacesTried(tried, () => decrypt(source, { ...keys, format, outputFormat, filename: file }));
  if (target.isVault) {
    const opened = await open("json");
    warnOf(file, opened.warnings);
    if (opened.documents.length > 1) {
      throw new CommandError(
        exitCodes.generic,
        `${file}: a file of several documents is no secret of Vault: split it.`,
      );
    }
    // As it stands, with numbers of any length.
    return opened.text!.trim();
  }
  const { recreationRule } = target.rule;
  if (recreationRule === undefined || recreationRule.keyGroups.flat().length === 0) return decode(source);
  const opened = await open(format);
  warnOf(file, opened.warnings);
  const groups = ruleKeys(config.path, recreationRule);
  await showNewKeys(
    metadata,
    groups.map((group) => group.map(({ key }) => key)),
  );
  const { addresses } = chooseKeyServices(options, exitCodes.generic);
  const {
    pathRegex: _path,
    keyGroups: _groups,
    hasKeyGroups: _has,
    line: _line,
    problem: _problem,
    ...settings
  } = recreationRule;
  const { text } = await encrypt(opened.bytes, {
    ...(format === "binary" ? { macOnlyEncrypted: false, shamirThreshold: settings.shamirThreshold } : settings),
    format,
    filename: file,
    keyGroups: await toKeyGroups(groups, addresses.length === 0 ? undefined : await keyKinds(options)),
  });
  return text;
}

async function showNewKeys(
  { keyGroups, shamirThreshold }: Metadata,
  after: readonly (readonly KeyReference[])[],
): Promise<void> {
  const change = {
    before: keyGroups.map((group) => group.map(referenceOf)),
    after,
    thresholdBefore: keyGroups.length > 1 ? shamirThreshold : undefined,
    thresholdAfter: keyGroups.length > 1 ? shamirThreshold : undefined,
  };
  if (!isChange(change)) return;
  await writeStdout(`The following changes will be made to the file's key groups:\n${showKeyChange(change)}`);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
