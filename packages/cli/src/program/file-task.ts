import type { Invocation, Options } from "../flags/invocation.js";
import { keyFlags } from "../flags/key-flags.js";
import { warn } from "../terminal/messages.js";
import { CommandError } from "./command-error.js";
import type { Given, Task } from "./definition.js";
import { exitCodes } from "./exit-codes.js";

/** The flags of sops's older form, which may also stand before a command. */
export interface OlderForm extends Options {
  encrypt?: boolean;
  decrypt?: boolean;
  rotate?: boolean;
  version?: boolean;
  checkForUpdates?: boolean;
  disableVersionCheck?: boolean;
  set?: string;
}

/** The task of `isosops encrypt`, `decrypt`, `edit` or `rotate`. Throws `CommandError`. */
export function readFileCommand(operation: "encrypt" | "decrypt" | "edit" | "rotate", given: Given): Task {
  const {
    encrypt,
    decrypt,
    rotate,
    set: _set,
    version: _version,
    checkForUpdates: _check,
    disableVersionCheck: _disable,
    ...general
  } = given.general as OlderForm;
  const after = given.options as Options;
  const asked = encrypt === true ? "encrypt" : decrypt === true ? "decrypt" : rotate === true ? "rotate" : undefined;
  if (asked !== undefined) {
    throw new CommandError(
      exitCodes.conflictingParameters,
      `--${asked} and the command \`${operation}\` are mutually exclusive. To give a file of that name, write ./${operation}.`,
    );
  }
  const [file, ...ignored] = given.args;
  const options: Options = { ...general, ...after };
  for (const { option } of keyFlags) {
    const lists = [...(general[option] ?? []), ...(after[option] ?? [])];
    if (lists.length > 0) options[option] = lists;
  }
  return fileTask({ operation, file, ignored, options });
}

/** The task to encrypt, decrypt, edit or rotate one file. */
export function fileTask(invocation: Invocation): Task {
  const { operation } = invocation;
  return {
    operation,
    async run() {
      const command = await loadCommand(operation);
      warnOfIgnored(invocation);
      await command(invocation);
    },
  };
}

/** Only one file is read, as in sops. */
export function warnOfIgnored({ ignored }: Invocation): void {
  if (ignored.length > 0) warn(`only one file is accepted at a time: ${ignored.join(", ")} was ignored.`);
}

async function loadCommand(operation: Invocation["operation"]): Promise<(invocation: Invocation) => Promise<void>> {
  if (operation === "encrypt") return (await import("../commands/encrypt/run.js")).encryptCommand;
  if (operation === "rotate") return (await import("../commands/rotate/run.js")).rotateCommand;
  if (operation === "edit") return (await import("../commands/edit/run.js")).editCommand;
  return (await import("../commands/decrypt/run.js")).decryptCommand;
}
