import { Command, CommanderError } from "commander";
import { ageDefinition } from "../commands/age/flags.js";
import { clusterDefinition } from "../commands/cluster/flags.js";
import { completionDefinition, readCompletionRequest } from "../commands/completion/flags.js";
import { decryptDefinition } from "../commands/decrypt/flags.js";
import { doctorDefinition } from "../commands/doctor/flags.js";
import { editDefinition } from "../commands/edit/flags.js";
import { encryptDefinition } from "../commands/encrypt/flags.js";
import { execEnvDefinition } from "../commands/exec-env/flags.js";
import { execFileDefinition } from "../commands/exec-file/flags.js";
import { filestatusDefinition } from "../commands/filestatus/flags.js";
import { groupsDefinition } from "../commands/groups/flags.js";
import { orgDefinition } from "../commands/org/flags.js";
import { repairDefinition } from "../commands/repair/flags.js";
import { rotateDefinition } from "../commands/rotate/flags.js";
import { setDefinition, unsetDefinition } from "../commands/set-unset/flags.js";
import { updatekeysDefinition } from "../commands/updatekeys/flags.js";
import { verifyDefinition } from "../commands/verify/flags.js";
import { changeFlag, keyFlags } from "../flags/key-flags.js";
import { writeStdout } from "../terminal/stdout.js";
import { CommandError } from "./command-error.js";
import { type CommandDefinition, nameOf, type Task } from "./definition.js";
import { exitCodes } from "./exit-codes.js";
import { addHelp, addProgramHelp } from "./help.js";
import { addOlderForm, readOlderForm } from "./older-form.js";
import { sopsFlags } from "./sops-only.js";

/** All commands, in the order of the help. */
const definitions: readonly CommandDefinition[] = [
  encryptDefinition,
  decryptDefinition,
  editDefinition,
  setDefinition,
  unsetDefinition,
  rotateDefinition,
  updatekeysDefinition,
  groupsDefinition,
  execEnvDefinition,
  execFileDefinition,
  filestatusDefinition,
  verifyDefinition,
  repairDefinition,
  ageDefinition,
  orgDefinition,
  clusterDefinition,
  doctorDefinition,
  completionDefinition,
];

/**
 * Parse the command line: a command with flags, or sops's older form with `--encrypt` or `--decrypt`. Throws
 * `CommandError`.
 */
export function parseArguments(given: readonly string[]): Task {
  const request = readCompletionRequest(given, () => definitions);
  if (request !== undefined) return request;
  const argv = withoutHelpCommand(given);
  let task: Task | undefined;
  let help = "";
  const program = new Command("isosops");
  program
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: (text) => (help += text) })
    // Flags before a command belong to the program, those after it to the command. Else `-d` would have a meaning after
    // `encrypt`.
    .enablePositionalOptions()
    .argument("[file...]");
  // With a command first, the program's own flags are not needed.
  if (!definitions.some((definition) => nameOf(definition) === argv[0])) {
    addOlderForm(program);
    program.optionsGroup("More:").option("-v, --version", "print the version");
    program.action((files: string[], options: { version?: boolean }) => {
      task =
        options.version === true
          ? versionTask
          : readOlderForm(files, options, argv.length === 0, definitions.map(nameOf));
    });
    addProgramHelp(program, definitions);
  }

  const addCommands = (parent: Command, commands: readonly CommandDefinition[]): void => {
    for (const definition of commands) parent.command(definition.syntax);
    // Only the given command gets its flags and help. The others need their names only.
    parent.hook("preSubcommand", (_, command) => {
      const definition = commands.find((one) => nameOf(one) === command.name())!;
      definition.addFlags(command);
      addHelp(command, definition);
      command.action(() => {
        task = definition.task({ args: command.args, options: command.opts(), general: program.opts() });
      });
      addCommands(command, definition.commands ?? []);
    });
  };
  addCommands(program, definitions);

  try {
    program.parse(spellingOfGo(argv), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new CommandError(exitCodes.generic, improve(error));
  }
  return task ?? { operation: "help", run: () => writeStdout(help) };
}

/** `help COMMAND`, or `h COMMAND` as in sops, is the same as `COMMAND --help`. Throws `CommandError`. */
function withoutHelpCommand(argv: readonly string[]): readonly string[] {
  const [first, ...rest] = argv;
  if (first !== "help" && first !== "h") return argv;
  const [command] = rest;
  if (command === undefined || command.startsWith("-")) return ["--help"];
  if (definitions.some((definition) => nameOf(definition) === command)) return [...rest, "--help"];
  throw new CommandError(
    exitCodes.noHelp,
    `No help topic for '${command}'. \`isosops help\` lists the commands. To edit a file named ${first}, write ./${first}.`,
  );
}

/**
 * Go takes one dash for two. So that `-kms ARN` is not `-k ms`, the flags that name keys are taken so, too; age-keygen has
 * a flag that is written `-pq`.
 */
function spellingOfGo(argv: readonly string[]): readonly string[] {
  if (argv[0] === "age") {
    return argv[1] === "keygen" ? argv.map((argument) => (argument === "-pq" ? "--pq" : argument)) : argv;
  }
  // What stands behind these is of another program.
  if (argv.some((argument) => /^(?:exec-env|exec-file|--)$/.test(argument))) return argv;
  const names = new Set([
    ...["--aws-profile", "--encryption-context"],
    ...keyFlags.flatMap((key) => [key.flag, changeFlag("add", key), changeFlag("rm", key)]),
  ]);
  return argv.map((argument) => (names.has(`-${argument.split("=", 1)[0]}`) ? `-${argument}` : argument));
}

const versionTask: Task = {
  operation: "version",
  async run() {
    const { version } = await import("./version.js");
    await writeStdout(`isosops ${version()}\n`);
  },
};

/** The parser's message as a sentence with a remedy. */
function improve(error: CommanderError): string {
  let message = error.message.replace(/^error: /, "").replace(/\n\(Did you mean (.*)\?\)$/, ". Did you mean $1?");
  // The text after a flag may be a secret: `--password=...`, `-p...`.
  const unknown = /^unknown option '(--[^'=]*|-.)([\s\S]*?)'(\. Did you mean .*)?$/.exec(message);
  const flag = unknown?.[1];
  if (unknown !== null) {
    const isCut = unknown[2] !== "" && !unknown[2]!.startsWith("=");
    message = `unknown option '${flag}${isCut ? "..." : ""}'${unknown[3] ?? ""}`;
  }
  if (flag !== undefined && sopsFlags.has(flag)) {
    return `\`${flag}\` is a flag of sops that this version of isosops does not have.`;
  }
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  return `${sentence.replace(/[^.?]$/, "$&.")} \`isosops --help\` lists all flags.`;
}
