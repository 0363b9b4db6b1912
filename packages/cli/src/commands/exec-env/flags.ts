import { addChildOptions, readExec } from "../../child/flags.js";
import { configEnvironment, identityEnvironment, keyServiceEnvironment } from "../../flags/environment.js";
import { addFormatOptions, addRecoveryOptions } from "../../flags/options.js";
import type { CommandDefinition } from "../../program/definition.js";

export const execEnvDefinition: CommandDefinition = {
  syntax: "exec-env [args...]",
  usage: "[options] file... command",
  summary: "run a command with the values of a file as variables",
  description:
    "Decrypt a file, and run a command in a shell with the file's values as environment variables. Of several files, later ones take precedence.",
  examples: [
    "isosops exec-env secret.env 'npm start'",
    "isosops exec-env --flatten values.yaml 'echo $db_password'",
    "isosops exec-env --pristine base.env shop.env env",
  ],
  environment: [identityEnvironment, keyServiceEnvironment, configEnvironment],
  remarks: `The exit code is that of the command. Signals are passed on to it, and a signal that ends it ends
isosops (sops: exit code 255).

Names are passed as they are. A file can set PATH, LD_PRELOAD and the like, as in sops: run only
what you would also run as a script of whoever can write the file.`,
  addFlags(command) {
    command
      .optionsGroup("The command:")
      .option("--pristine", "pass the file's values only, and no other variables")
      .option("--flatten", "join the names of nested values with _: db_hosts_0 (without it, they are an error)");
    addChildOptions(command);
    command.option("--same-process", "become the command where the runtime can (Node 22.15), else run it as a child");
    addRecoveryOptions(command);
    command.optionsGroup("Files and formats:");
    addFormatOptions(command, { output: false });
  },
  task(given) {
    const task = readExec("exec-env", given);
    return { operation: "exec-env", run: async () => (await import("./run.js")).execEnvCommand(task) };
  },
};
