import { configEnvironment, identityEnvironment, keyServiceEnvironment } from "../../flags/environment.js";
import type { Options } from "../../flags/invocation.js";
import { addConfigOption, addFormatOptions, addRecoveryOptions } from "../../flags/options.js";
import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

export interface PublishOptions extends Options {
  yes?: boolean;
  omitExtensions?: boolean;
  recursive?: boolean;
}

export const publishDefinition: CommandDefinition = {
  syntax: "publish [file...]",
  usage: "[options] file",
  summary: "put a file where the destination_rules say: S3, GCS, Vault",
  description:
    "Put an encrypted file where the `destination_rules` of .sops.yaml say: into a bucket of S3 or Google Cloud Storage, encrypted, also for other keys; or its values into a kv engine of HashiCorp Vault, in plain text.",
  examples: [
    "isosops publish secrets/db.yaml",
    "isosops publish --yes --recursive secrets",
    "isosops publish --omit-extensions secrets/db.yaml",
  ],
  environment: [identityEnvironment, keyServiceEnvironment, configEnvironment],
  remarks: `The path_regex of a rule is matched against the file as you name it, as in sops. Credentials are those of
the tools of AWS, Google Cloud and Vault: a .sops.yaml of somebody else can name any bucket and server
to get them, so read the question before you answer it.`,
  addFlags(command) {
    command
      .option("-y, --yes", "do not ask")
      .option("--recursive", "of a folder, all files below it")
      .option("--omit-extensions", "leave the file's extension out of the name at the destination");
    addRecoveryOptions(command);
    command.optionsGroup("Files and formats:");
    addFormatOptions(command, { output: false });
    addConfigOption(command);
  },
  task({ args, options, general }) {
    const [file, ...ignored] = args;
    if (file === undefined) throw new CommandError(exitCodes.noFile, "No file was given: isosops publish FILE.");
    const all: PublishOptions = { ...(general as Options), ...options };
    return {
      operation: "publish",
      run: async () =>
        (await import("./run.js")).publishCommand({ operation: "publish", file, ignored, options: all }, all),
    };
  },
};
