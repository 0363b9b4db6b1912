import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { CommandError } from "./command-error.js";
import { exitCodes } from "./exit-codes.js";
import { addHelp } from "./help.js";
import { sopsCommands, sopsFlags } from "./sops-only.js";

export interface Options {
  age?: string[];
  inPlace?: boolean;
  output?: string;
  inputType?: string;
  outputType?: string;
  filenameOverride?: string;
  indent?: number;
  layout?: "preserve" | "sops";
  unencryptedSuffix?: string;
  encryptedSuffix?: string;
  unencryptedRegex?: string;
  encryptedRegex?: string;
  unencryptedCommentRegex?: string;
  encryptedCommentRegex?: string;
  macOnlyEncrypted?: boolean;
  ignoreMac?: boolean;
}

/** What the user wants done with a file. */
export interface Invocation {
  readonly operation: "encrypt" | "decrypt";
  /** Undefined for stdin. */
  readonly file: string | undefined;
  /** Files given beyond the first one. */
  readonly ignored: readonly string[];
  readonly options: Options;
}

/** What the user wants to read. */
export interface Question {
  readonly operation: "version" | "help";
  /** The help text. */
  readonly text: string;
}

interface FlagForm extends Options {
  encrypt?: boolean;
  decrypt?: boolean;
  version?: boolean;
}

/**
 * Read the command line: `isosops encrypt [file]`, `isosops decrypt [file]`, and sops's older form with `--encrypt` or
 * `--decrypt`. Throws `CommandError`.
 */
export function parseArguments(argv: readonly string[]): Invocation | Question {
  let result: Invocation | Question | undefined;
  let help = "";
  const program = new Command("isosops");
  program
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: (text) => (help += text) })
    // Flags before a command's name are the program's, those after it the command's. Else `-d` would mean something
    // behind `encrypt`.
    .enablePositionalOptions()
    .argument("[file...]");
  program.optionsGroup("The older form, instead of a command:");
  program.option("-e, --encrypt", "encrypt a file, as `isosops encrypt` does");
  program.option("-d, --decrypt", "decrypt a file, as `isosops decrypt` does");
  addKeyOptions(program);
  addRuleOptions(program);
  addMacOptions(program, { encrypt: true, decrypt: true });
  addFileOptions(program);
  program.optionsGroup("More:").option("-v, --version", "print the version");
  program.action((files: string[], options: FlagForm) => {
    result = readFlagForm(files, options, argv);
  });

  const encrypt = program.command("encrypt [file...]");
  encrypt.description(
    "Encrypt the values of a YAML, JSON, ENV or INI file, or a whole file. Reads stdin where no file is given.",
  );
  addKeyOptions(encrypt);
  addRuleOptions(encrypt);
  addMacOptions(encrypt, { encrypt: true });
  addFileOptions(encrypt);

  const decrypt = program.command("decrypt [file...]");
  decrypt.description("Decrypt a SOPS file and check its MAC. Reads stdin where no file is given.");
  addMacOptions(decrypt, { decrypt: true });
  addFileOptions(decrypt);

  for (const command of [encrypt, decrypt]) {
    command.action((files: string[], options: Options) => {
      result = readCommandForm(command.name() as "encrypt" | "decrypt", files, program.opts<FlagForm>(), options);
    });
  }
  addHelp(program, encrypt, decrypt);

  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new CommandError(exitCodes.generic, improve(error));
  }
  return result ?? { operation: "help", text: help };
}

function addKeyOptions(command: Command): void {
  command.optionsGroup("Who can decrypt:");
  command.option(
    "-a, --age <recipients>",
    "age public keys (age1...), separated by commas; may be given more than once",
    (value: string, before: string[] = []) => [...before, value],
  );
}

function addRuleOptions(command: Command): void {
  command
    .optionsGroup("Which values are encrypted (one of these; else all but those whose key ends in _unencrypted):")
    .option("--encrypted-regex <regex>", "only values under a key that matches")
    .option("--unencrypted-regex <regex>", "all but values under a key that matches")
    .option("--encrypted-suffix <text>", "only values under a key that ends so")
    .option("--unencrypted-suffix <text>", "all but values under a key that ends so")
    .option("--encrypted-comment-regex <regex>", "only values with a comment before them that matches")
    .option("--unencrypted-comment-regex <regex>", "all but values with a comment before them that matches");
}

function addMacOptions(command: Command, { encrypt = false, decrypt = false }): void {
  command.optionsGroup("Checks:");
  if (encrypt) command.option("--mac-only-encrypted", "let others change values that are not encrypted");
  if (decrypt) command.option("--ignore-mac", "decrypt even if values were added, removed or changed");
}

function addFileOptions(command: Command): void {
  command
    .optionsGroup("Files and formats:")
    .option("-i, --in-place", "write the result back to the file")
    .option("--output <file>", "write the result to this file instead of stdout")
    .option("--input-type <format>", "yaml, json, dotenv, ini or binary, where the file's name does not say it")
    .option("--output-type <format>", "the same for the result; as the file's name says when left out")
    .option("--filename-override <name>", "take the format from this name; encrypt needs it for stdin")
    .option("--indent <spaces>", "spaces a level of what is written anew (YAML 4, JSON a tab)", readIndent)
    .addOption(
      new Option(
        "--layout <layout>",
        "preserve (default): keep the author's formatting; sops: write as sops does",
      ).choices(["preserve", "sops"]),
    );
}

function readIndent(text: string): number {
  const spaces = Number(text);
  if (text.trim() === "" || !Number.isInteger(spaces)) throw new InvalidArgumentError("It must be a whole number.");
  if (spaces < 0) throw new CommandError(exitCodes.dump, "--indent cannot be negative: give a number of spaces.");
  return spaces;
}

function readFlagForm(files: string[], options: FlagForm, argv: readonly string[]): Invocation | Question {
  const { encrypt, decrypt, version, ...rest } = options;
  const [file, ...ignored] = files;
  if (version === true) return { operation: "version", text: "" };
  if (encrypt === true && decrypt === true) {
    throw new CommandError(exitCodes.conflictingParameters, "--encrypt and --decrypt exclude each other: give one.");
  }
  if (encrypt !== true && decrypt !== true && file !== undefined) {
    throw new CommandError(
      exitCodes.generic,
      sopsCommands.has(file)
        ? `\`${file}\` is a command of sops that this version of isosops does not have.`
        : `Say what to do with ${file}: \`isosops encrypt ${file}\` or \`isosops decrypt ${file}\`.`,
    );
  }
  if (file === undefined) {
    const command = decrypt === true ? "decrypt" : "encrypt";
    throw new CommandError(
      exitCodes.noFile,
      argv.length === 0
        ? "No file was given. `isosops --help` shows what can be done."
        : `No file was given. To read from stdin, use \`isosops ${command}\`.`,
    );
  }
  return { operation: encrypt === true ? "encrypt" : "decrypt", file, ignored, options: rest };
}

function readCommandForm(
  operation: "encrypt" | "decrypt",
  files: string[],
  before: FlagForm,
  after: Options,
): Invocation {
  const { encrypt, decrypt, version: _, ...general } = before;
  if (encrypt === true || decrypt === true) {
    throw new CommandError(
      exitCodes.conflictingParameters,
      `--${encrypt === true ? "encrypt" : "decrypt"} and the command \`${operation}\` exclude each other. A file of that name is given as ./${operation}.`,
    );
  }
  const [file, ...ignored] = files;
  const options: Options = { ...general, ...after };
  const age = [...(general.age ?? []), ...(after.age ?? [])];
  if (age.length > 0) options.age = age;
  return { operation, file, ignored, options };
}

/** The parser's message as a sentence, and what to do. */
function improve(error: CommanderError): string {
  const message = error.message.replace(/^error: /, "").replace(/\n\(Did you mean (.*)\?\)$/, ". Did you mean $1?");
  const flag = /^unknown option '(-[^'=]*)/.exec(message)?.[1];
  if (flag !== undefined && sopsFlags.has(flag)) {
    return `\`${flag}\` is a flag of sops that this version of isosops does not have.`;
  }
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  return `${sentence.replace(/[^.?]$/, "$&.")} \`isosops --help\` lists all flags.`;
}
