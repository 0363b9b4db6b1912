import { addChildOptions, readExec } from "../../child/flags.js";
import { configEnvironment, identityEnvironment, keyServiceEnvironment } from "../../flags/environment.js";
import { addConfigOption, addFormatOptions, addLayoutOptions, addRecoveryOptions } from "../../flags/options.js";
import type { CommandDefinition } from "../../program/definition.js";

export const execFileDefinition: CommandDefinition = {
  syntax: "exec-file [args...]",
  usage: "[options] file... command",
  summary: "run a command with a decrypted file as a temporary file",
  description:
    "Decrypt a file, and run a command in a shell, with {} in the command replaced by the path of the plain file. It is a FIFO, which can be read once, unless --no-fifo is given.",
  examples: [
    "isosops exec-file secret.yaml 'helm upgrade shop chart -f {}'",
    "isosops exec-file --no-fifo --filename kubeconfig secret.yaml 'kubectl --kubeconfig {} get pods'",
    "isosops exec-file a.yaml b.yaml 'diff {1} {2}'",
  ],
  environment: [identityEnvironment, keyServiceEnvironment, configEnvironment],
  remarks: `Of several files, {1}, {2} and so on are their paths, and {} all of them.

The exit code is that of the command. Signals are passed on to it, and a signal that ends it ends
isosops (sops: exit code 255). The plain file is in a folder that only you may enter, in memory
where there is such a file system, and is removed when the command has ended.`,
  addFlags(command) {
    command
      .optionsGroup("The command:")
      .option("--no-fifo", "use a regular file, which can be read again, instead of a FIFO")
      .option("--filename <name>", "the name of the temporary file (default: tmp-file)");
    addChildOptions(command);
    addRecoveryOptions(command);
    command.optionsGroup("Files and formats:");
    addFormatOptions(command);
    addConfigOption(command);
    addLayoutOptions(command);
  },
  task(given) {
    const task = readExec("exec-file", given);
    return { operation: "exec-file", run: async () => (await import("./run.js")).execFileCommand(task) };
  },
};
