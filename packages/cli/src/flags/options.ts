import { type Command, InvalidArgumentError, Option } from "commander";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { changeFlag, keyFlags } from "./key-flags.js";
import { collect } from "./repeatable.js";

export function addKeyOptions(command: Command): void {
  command.optionsGroup("Who can decrypt:");
  for (const { flag, short, argument, description } of keyFlags) {
    command.option(`${short === undefined ? "" : `${short}, `}${flag} <${argument}>`, description, collect);
  }
  addKmsOptions(command);
  command.option("--organisation", "the organisation's public key, from its keyring or .isosops/organisation.yaml");
  addThresholdOption(command, "how many key groups of .sops.yaml are needed to decrypt");
}

/** For commands with keys of AWS KMS. */
export function addKmsOptions(command: Command): void {
  command
    .option("--aws-profile <name>", "the profile of AWS for --kms")
    .option("--encryption-context <pairs>", "of AWS KMS: NAME:VALUE,NAME:VALUE; kept in the file in plain text");
}

/** `--add-age`, `--rm-age` and so on. */
export function addChangeOptions(command: Command): void {
  for (const [change, group] of [
    ["add", "Keys to add (lists, repeatable):"],
    ["rm", "Keys to remove (lists, repeatable):"],
  ] as const) {
    command.optionsGroup(group);
    for (const definition of keyFlags) {
      const what = change === "add" ? definition.description : "of the same type";
      command.option(`${changeFlag(change, definition)} <${definition.argument}>`, what, collect);
    }
  }
}

export function addThresholdOption(command: Command, description: string): void {
  command.option("--shamir-secret-sharing-threshold <number>", description, readWholeNumber);
}

/** For commands that encrypt alone. */
export function addVerboseOption(command: Command): void {
  command.option("--verbose", "say on stderr which keys the file was encrypted for");
}

/** For commands that decrypt. */
export function addRecoveryOptions(command: Command): void {
  command
    .optionsGroup("With which keys:")
    .option("--decryption-order <types>", "types of keys to try first, separated by commas (age,pgp)")
    .option("--verbose", "say on stderr which keys decrypted the file");
  addKeyServiceOptions(command);
}

/** For commands that encrypt or decrypt data keys. */
export function addKeyServiceOptions(command: Command): void {
  command
    .option("--keyservice <uri>", "ask this key service, too: tcp://HOST:PORT or unix:///PATH; repeatable", collect)
    .option("--enable-local-keyservice", "use the keys of this machine, which is the default; =false: do not")
    .addOption(new Option("--no-enable-local-keyservice").hideHelp());
}

export function addSelectOptions(command: Command): void {
  command
    .optionsGroup("Exactly these values (repeatable; adds to an encrypted file):")
    .option("--select <selector>", "a key anywhere (password), or a path (auth.password, data.*)", collect)
    .option("--deselect <selector>", "of an encrypted file: no longer encrypt these", collect)
    .option("--allow-extra", "allow encrypting more where no rule of sops selects exactly these")
    .option("--allow-unmatched", "allow selectors that match nothing");
}

export function addRuleOptions(command: Command): void {
  command
    .optionsGroup("Which values are encrypted (one of these; else all but those whose key ends in _unencrypted):")
    .option("--encrypted-regex <regex>", "only values under a key that matches")
    .option("--unencrypted-regex <regex>", "all but values under a key that matches")
    .option("--encrypted-suffix <text>", "only values under a key with this suffix")
    .option("--unencrypted-suffix <text>", "all but values under a key with this suffix")
    .option("--encrypted-comment-regex <regex>", "only values after a comment that matches")
    .option("--unencrypted-comment-regex <regex>", "all but values after a comment that matches");
}

export function addMacOptions(
  command: Command,
  { encrypt = false, decrypt = false }: { encrypt?: boolean; decrypt?: boolean },
): void {
  command.optionsGroup("Checks:");
  if (encrypt) command.option("--mac-only-encrypted", "leave unencrypted values out of the MAC");
  if (decrypt) command.option("--ignore-mac", "decrypt even if values were added, removed or changed");
}

export function addFileOptions(command: Command): void {
  command
    .optionsGroup("Files and formats:")
    .option("-i, --in-place", "write the result back to the file")
    .option("--output <file>", "write the result to this file instead of stdout");
  addFormatOptions(command);
  command.option("--filename-override <name>", "use the format of this file name; required to encrypt stdin");
  addConfigOption(command);
  addLayoutOptions(command);
}

export function addFormatOptions(command: Command, { output = true }: { output?: boolean } = {}): void {
  command.option(
    "--input-type <format>",
    "yaml, json, dotenv, ini, binary, or toml or xml (sops reads neither); by file name when left out",
  );
  if (!output) return;
  command.option(
    "--output-type <format>",
    "format of the result; by file name when left out, or the input type (sops: binary) if the name is unknown",
  );
}

export function addConfigOption(command: Command): void {
  command.option("--config <file>", "use this configuration instead of the nearest .sops.yaml");
}

export function addLayoutOptions(command: Command): void {
  command
    .option("--indent <spaces>", "indent width of generated text (YAML 4, JSON a tab)", readIndent)
    .addOption(
      new Option(
        "--layout <layout>",
        "preserve (default): keep the author's formatting; sops: write as sops does",
      ).choices(["preserve", "sops"]),
    );
}

export function addShowMasterKeysOption(command: Command): void {
  command
    .optionsGroup("What is edited:")
    .option("-s, --show-master-keys", "show the sops block, too: its rule can be changed, and recipients removed");
}

/** For commands that write encrypted files. */
export function addLossOption(command: Command): void {
  command.option(
    "--allow-loss",
    "allow losing what sops does not read when the layout or format changes (INI: repeated keys)",
  );
}

export function addExtractOption(command: Command): void {
  command
    .optionsGroup("A part of the file:")
    .option(
      "--extract <path>",
      `only the value at this path, ["key"][0]; a string as it is, all else in the output format`,
    );
}

function readIndent(text: string): number {
  const spaces = readWholeNumber(text);
  if (spaces < 0) throw new CommandError(exitCodes.dump, "--indent cannot be negative: give a number of spaces.");
  return spaces;
}

function readWholeNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isInteger(number)) throw new InvalidArgumentError("It must be a whole number.");
  return number;
}
