import { type Command, CommanderError } from "commander";
import { ageDefinition } from "../commands/age/flags.js";
import { clusterDefinition } from "../commands/cluster/flags.js";
import { completionDefinition, readCompletionRequest } from "../commands/completion/flags.js";
import { decryptDefinition } from "../commands/decrypt/flags.js";
import { diffDefinition } from "../commands/diff/flags.js";
import { doctorDefinition } from "../commands/doctor/flags.js";
import { editDefinition } from "../commands/edit/flags.js";
import { encryptDefinition } from "../commands/encrypt/flags.js";
import { execEnvDefinition } from "../commands/exec-env/flags.js";
import { execFileDefinition } from "../commands/exec-file/flags.js";
import { filestatusDefinition } from "../commands/filestatus/flags.js";
import { gitDefinition } from "../commands/git/flags.js";
import { groupsDefinition } from "../commands/groups/flags.js";
import { keyserviceDefinition } from "../commands/keyservice/flags.js";
import { orgDefinition } from "../commands/org/flags.js";
import { publishDefinition } from "../commands/publish/flags.js";
import { repairDefinition } from "../commands/repair/flags.js";
import { rotateDefinition } from "../commands/rotate/flags.js";
import { runDefinition } from "../commands/run/flags.js";
import { setDefinition, unsetDefinition } from "../commands/set-unset/flags.js";
import { typesDefinition } from "../commands/types/flags.js";
import { updatekeysDefinition } from "../commands/updatekeys/flags.js";
import { verifyDefinition } from "../commands/verify/flags.js";
import { say } from "../terminal/messages.js";
import { writeStdout } from "../terminal/stdout.js";
import { isCalledAsSops, sopsVersion } from "./called-as-sops.js";
import { CommandError } from "./command-error.js";
import { type CommandDefinition, nameOf, type Task } from "./definition.js";
import { exitCodes } from "./exit-codes.js";
import type { OlderForm } from "./file-task.js";
import { GoCommand } from "./go-flags.js";
import { addHelp, addOverview, addWholeHelp, overview } from "./help.js";
import { addOlderForm, readOlderForm } from "./older-form.js";

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
  keyserviceDefinition,
  publishDefinition,
  execEnvDefinition,
  execFileDefinition,
  runDefinition,
  filestatusDefinition,
  verifyDefinition,
  repairDefinition,
  diffDefinition,
  gitDefinition,
  typesDefinition,
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
  const wantsAll = given.length === 2 && /^(?:help|h)$/.test(given[0]!) && given[1] === "all";
  const argv = wantsAll ? ["--help"] : withoutHelpCommand(given);
  let task: Task | undefined;
  let help = "";
  const dashes = argv.indexOf("--");
  const program = new GoCommand("isosops");
  program
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: (text) => (help += text) })
    // Flags before a command belong to the program, those after it to the command. Else `-d` would have a meaning after
    // `encrypt`.
    .enablePositionalOptions()
    .argument("[file...]");
  const first = definitions.find((definition) => nameOf(definition) === argv[0]);
  // With a command first, neither the program's own flags nor the other commands are needed.
  if (first === undefined) {
    addOlderForm(program);
    program
      .optionsGroup("More:")
      .option("-v, --version", "print the version")
      .option("--check-for-updates", "with --version: ask the npm registry whether there is a newer one")
      .option("--disable-version-check", "do not ask it, as without either");
    program.action((files: string[], options: OlderForm) => {
      if (options.version === true) task = versionTask(options);
      else if (argv.length === 0) task = usageTask;
      else task = readOlderForm(files, options, definitions.map(nameOf));
    });
    if (wantsAll) addWholeHelp(program, definitions);
    else addOverview(program, definitions);
  }

  const addCommands = (parent: Command, commands: readonly CommandDefinition[]): void => {
    for (const definition of commands) parent.command(definition.syntax);
    // Only the given command gets its flags and help. The others need their names only.
    parent.hook("preSubcommand", (_, command) => {
      const definition = commands.find((one) => nameOf(one) === command.name())!;
      definition.addFlags(command);
      if (definition.hasFlagsBehindArguments === true) (command as GoCommand).flagsBehindArguments();
      addHelp(command, definition);
      command.action(() => {
        task = definition.task({
          args: command.args,
          options: command.opts(),
          general: program.opts(),
          afterDashes: dashes === -1 ? undefined : argv.length - dashes - 1,
        });
      });
      addCommands(command, definition.commands ?? []);
    });
  };
  addCommands(program, first === undefined ? definitions : [first]);

  try {
    program.parse([...argv], { from: "user" });
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

/** Without words, sops says that there is no file, and ends with the same code. */
const usageTask: Task = {
  operation: "help",
  async run() {
    if (isCalledAsSops()) say("Error: no file specified");
    say(overview(definitions).trimEnd());
    process.exitCode = exitCodes.noFile;
  },
};

function versionTask({ checkForUpdates = false, disableVersionCheck = false }: OlderForm): Task {
  return {
    operation: "version",
    async run() {
      const version = (await import("./version.js")).version();
      const own = `isosops ${version}`;
      if (!isCalledAsSops()) await writeStdout(`${own}\n`);
      else {
        // Programs read it. sops itself has something to say on stderr, unless it is told not to check its version.
        await writeStdout(`sops ${sopsVersion}\n`);
        if (!disableVersionCheck && !process.env.SOPS_DISABLE_VERSION_CHECK) say(own);
      }
      if (checkForUpdates) await (await import("./newest-version.js")).reportNewest(version);
    },
  };
}

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
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  return `${sentence.replace(/[^.?]$/, "$&.")} \`isosops help all\` lists all flags.`;
}
