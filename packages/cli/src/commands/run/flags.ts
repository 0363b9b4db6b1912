import { Option } from "commander";
import { identityEnvironment } from "../../flags/environment.js";
import { addRecoveryOptions } from "../../flags/options.js";
import { addRepeatable } from "../../flags/repeatable.js";
import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

export interface RunOptions {
  file?: string[];
  folder?: string;
  mode?: string;
  convention?: "next" | "vite";
  override?: boolean;
  pristine?: boolean;
  decryptionOrder?: string;
  verbose?: boolean;
}

export const runDefinition: CommandDefinition = {
  syntax: "run [command...]",
  usage: "[options] -- command [arguments...]",
  summary: "run a command with the values of .env files as variables",
  description:
    "Decrypt .env, .env.local and so on, and run a command with their values as environment variables, as `@isosops/node/config` does within a program. Plain files are read, too.",
  examples: [
    "isosops run -- npm start",
    "isosops run --mode production -- node server.js",
    "isosops run -f secrets/app.yaml -- ./server --port 80",
  ],
  environment: [
    identityEnvironment,
    `
  ISOSOPS_ENV_FILE     files, separated by commas, if --file is not given
  ISOSOPS_ENV_FOLDER, ISOSOPS_ENV_MODE, ISOSOPS_ENV_CONVENTION, ISOSOPS_ENV_OVERRIDE
                       the same for --folder, --mode, --convention, --override (true or false)`,
  ],
  remarks: `From the highest precedence: .env.MODE.local, .env.local (not in the mode test), .env.MODE, .env. With
--convention vite, .env.local comes after .env.MODE.

Unlike exec-env, run reads ENV files as dotenv does, with quotes and comments after values; leaves
variables alone that exist; joins the names of nested values in YAML, JSON and INI with _; and starts
the command without a shell. For one: isosops run -- sh -c 'echo $A'.

The exit code is that of the command; ${exitCodes.noCommand} if there is no such command, ${exitCodes.notExecutable} if it cannot be run.`,
  addFlags(command) {
    command.passThroughOptions().optionsGroup("The files:");
    addRepeatable(
      command,
      "-f, --file <path>",
      "this file, in any format, instead of .env files; later ones take precedence",
    );
    command
      .option("--folder <path>", "the folder of the files, instead of the working folder")
      .option("--mode <name>", "MODE in .env.MODE; if not given, NODE_ENV, or development")
      .addOption(new Option("--convention <name>", "whose precedence .env files have").choices(["next", "vite"]))
      .optionsGroup("The command:")
      .option("--override", "also set variables that exist")
      .option("--pristine", "pass the files' values only, and no other variables");
    addRecoveryOptions(command);
  },
  task({ args, options }) {
    const [program, ...rest] = args;
    if (program === undefined) {
      throw new CommandError(exitCodes.generic, "missing command to run: isosops run -- COMMAND, such as `npm start`.");
    }
    return {
      operation: "run",
      run: async () => (await import("./run.js")).runCommandWithEnv([program, ...rest], options as RunOptions),
    };
  },
};
