import { variables } from "isosops";
import type { ExecTask } from "../../child/flags.js";
import { endLike, replaceProcess, runCommand, startInBackground } from "../../child/run-command.js";
import { switchUser } from "../../child/switch-user.js";
import { chooseFormats } from "../../files/formats.js";
import { readInput } from "../../files/input.js";
import { withFileName } from "../../files/with-file-name.js";
import { findKeys } from "../../keys/find-keys.js";
import { withPlacesTried } from "../../keys/identities.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { warnOf } from "../../terminal/messages.js";
import { warnOfBackground } from "./report.js";

/** `isosops exec-env` (cmd/sops/main.go, cmd/sops/subcommand/exec). */
export async function execEnvCommand({ operation, files, command, options }: ExecTask): Promise<void> {
  const { background, sameProcess, user, pristine, flatten } = options;
  if (background === true) warnOfBackground(operation);
  if (background === true && sameProcess === true) {
    throw new CommandError(
      exitCodes.conflictingParameters,
      "The --same-process flag cannot be used with --background: a process cannot go on without itself.",
    );
  }
  if (sameProcess === true && process.platform === "win32") {
    throw new CommandError(exitCodes.generic, "The --same-process flag is not supported on Windows.");
  }
  const values: Record<string, string> = {};
  const { tried, ...keys } = await findKeys(options);
  for (const file of files) {
    const invocation = { operation, file, ignored: [], options };
    const { format } = chooseFormats(invocation);
    const source = await readInput(invocation);
    const { variables: found, warnings } = await withFileName(invocation, () =>
      withPlacesTried(tried, () =>
        variables(source, {
          format,
          ...keys,
          separator: flatten === true ? "_" : undefined,
          filename: file,
        }),
      ),
    );
    warnOf(file, warnings);
    for (const [name, value] of found) {
      Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
    }
  }
  const ofUser = user ? switchUser(user) : {};
  const env = { ...(pristine === true ? {} : process.env), ...ofUser, ...values };
  if (background === true) return startInBackground(command, env);
  if (sameProcess === true) replaceProcess(command, env);
  endLike(await runCommand(command, env));
}
