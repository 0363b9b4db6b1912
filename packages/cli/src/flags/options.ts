import { type Command, InvalidArgumentError, Option } from "commander";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { collect } from "./repeatable.js";

export function addKeyOptions(command: Command): void {
  command.optionsGroup("Who can decrypt:");
  command.option(
    "-a, --age <recipients>",
    "age or SSH public keys, separated by commas; may be given more than once",
    collect,
  );
  command.option(
    "--organisation",
    "the organisation's public key, as its keyring or .isosops/organisation.yaml tells it",
  );
}

export function addSelectOptions(command: Command): void {
  command
    .optionsGroup("Exactly the values you name (may be given more than once; adds to an encrypted file):")
    .option("--select <selector>", "a key anywhere (password), or a path (auth.password, data.*)", collect)
    .option("--deselect <selector>", "of an encrypted file: leave these plain from now on", collect)
    .option("--allow-extra", "encrypt more than you name where sops has no rule for exactly that")
    .option("--allow-unmatched", "do not mind selectors that name nothing");
}

export function addRuleOptions(command: Command): void {
  command
    .optionsGroup("Which values are encrypted (one of these; else all but those whose key ends in _unencrypted):")
    .option("--encrypted-regex <regex>", "only values under a key that matches")
    .option("--unencrypted-regex <regex>", "all but values under a key that matches")
    .option("--encrypted-suffix <text>", "only values under a key that ends so")
    .option("--unencrypted-suffix <text>", "all but values under a key that ends so")
    .option("--encrypted-comment-regex <regex>", "only values with a comment before them that matches")
    .option("--unencrypted-comment-regex <regex>", "all but values with a comment before them that matches");
}

export function addMacOptions(
  command: Command,
  { encrypt = false, decrypt = false }: { encrypt?: boolean; decrypt?: boolean },
): void {
  command.optionsGroup("Checks:");
  if (encrypt) command.option("--mac-only-encrypted", "let others change values that are not encrypted");
  if (decrypt) command.option("--ignore-mac", "decrypt even if values were added, removed or changed");
}

export function addFileOptions(command: Command): void {
  command
    .optionsGroup("Files and formats:")
    .option("-i, --in-place", "write the result back to the file")
    .option("--output <file>", "write the result to this file instead of stdout");
  addFormatOptions(command);
  command.option("--filename-override <name>", "take the format from this name; encrypt needs it for stdin");
  addConfigOption(command);
  addLayoutOptions(command);
}

export function addFormatOptions(command: Command): void {
  command
    .option(
      "--input-type <format>",
      "yaml, json, dotenv, ini, binary, or toml or xml (sops reads neither); else as the name says",
    )
    .option(
      "--output-type <format>",
      "the same for the result; else as the name says, or the input type (sops: binary) where it does not",
    );
}

export function addConfigOption(command: Command): void {
  command.option("--config <file>", "take rules from this file instead of the next .sops.yaml upwards");
}

export function addLayoutOptions(command: Command): void {
  command
    .option("--indent <spaces>", "spaces a level of what is written anew (YAML 4, JSON a tab)", readIndent)
    .addOption(
      new Option(
        "--layout <layout>",
        "preserve (default): keep the author's formatting; sops: write as sops does",
      ).choices(["preserve", "sops"]),
    );
}

/** For commands that write encrypted files. */
export function addLossOption(command: Command): void {
  command.option(
    "--allow-loss",
    "go on where another layout or format lacks what sops does not read (INI: repeated keys)",
  );
}

export function addExtractOption(command: Command): void {
  command
    .optionsGroup("A part of the file:")
    .option("--extract <path>", `only what is at a path, ["key"][0]; a string as it is, all else in the output type`);
}

function readIndent(text: string): number {
  const spaces = Number(text);
  if (text.trim() === "" || !Number.isInteger(spaces)) throw new InvalidArgumentError("It must be a whole number.");
  if (spaces < 0) throw new CommandError(exitCodes.dump, "--indent cannot be negative: give a number of spaces.");
  return spaces;
}
