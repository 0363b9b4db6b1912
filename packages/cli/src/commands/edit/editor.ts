import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { splitCommand } from "@isosops/node/internal/split-command";
import { reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";

/** A program with its arguments, to which the file is added. */
export interface Editor {
  readonly program: string;
  readonly args: readonly string[];
}

const defaults = ["vim", "nano", "vi"] as const;

/** The editor that sops would use (cmd/sops/edit.go, `runEditor`). Throws `CommandError`. */
export function chooseEditor(): Editor {
  const variable = process.env.SOPS_EDITOR ? "SOPS_EDITOR" : "EDITOR";
  const command = process.env[variable];
  if (command) {
    const [program, ...args] = split(variable, command);
    if (program !== undefined) return { program, args };
  }
  const found = defaults.find(isInPath);
  if (found !== undefined) return { program: found, args: [] };
  throw new CommandError(
    exitCodes.noEditor,
    `There is no editor: SOPS_EDITOR and EDITOR are empty, and none of ${defaults.join(", ")} is in the PATH. Set SOPS_EDITOR to the command of your editor.`,
  );
}

function split(variable: string, command: string): string[] {
  try {
    return splitCommand(command);
  } catch (error) {
    throw new CommandError(
      exitCodes.noEditor,
      `${variable}: ${(error as Error).message}. Write it as in a shell: "/a path/editor" --wait.`,
      error,
    );
  }
}

function isInPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== "";
    } catch {
      return false;
    }
  });
}

/**
 * Run the editor on a file until it ends. Throws `CommandError` if it cannot be run, or ends with an error, as editors do
 * to give up (`:cq` in vim).
 *
 * @param started called with its process
 */
export async function runEditor(
  { program, args }: Editor,
  file: string,
  started: (child: ChildProcess) => void,
): Promise<void> {
  const child = spawn(program, [...args, file], { stdio: "inherit" });
  started(child);
  await new Promise<void>((resolve, reject) => {
    child.once("error", (error) =>
      reject(
        new CommandError(
          exitCodes.noEditor,
          `The editor ${program} cannot be run: ${reasonOf(error)}. SOPS_EDITOR and EDITOR are its command.`,
          error,
          { text: "Could not run editor" },
        ),
      ),
    );
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else if (signal === null) reject(failed(program, `exit code ${code}`, `exit status ${code}`));
      else reject(failed(program, signal, "signal"));
    });
  });
}

/** @param inSops how sops says it */
function failed(program: string, how: string, inSops: string): CommandError {
  return new CommandError(
    exitCodes.noEditor,
    `The editor ${program} ended with ${how}, so the edit was dropped and the file was not changed.`,
    undefined,
    { text: `Could not run editor: ${inSops}` },
  );
}

/** Editors that leave a window behind, and the flags with which they wait for it. */
const waitFlags: Readonly<Record<string, readonly string[]>> = {
  code: ["--wait", "-w"],
  "code-insiders": ["--wait", "-w"],
  codium: ["--wait", "-w"],
  cursor: ["--wait", "-w"],
  windsurf: ["--wait", "-w"],
  zed: ["--wait", "-w"],
  subl: ["--wait", "-w"],
  mate: ["--wait", "-w"],
  atom: ["--wait", "-w"],
  gvim: ["--nofork", "-f"],
  mvim: ["--nofork", "-f"],
  gedit: ["--standalone", "-s", "--wait", "-w"],
  kate: ["--block", "-b"],
};

/** The flag that an editor lacks to wait until its file is closed. */
export function missingWaitFlag({ program, args }: Editor): string | undefined {
  const flags = waitFlags[program.replace(/^.*[/\\]/, "").replace(/\.(?:exe|cmd)$/i, "")];
  return flags === undefined || flags.some((flag) => args.includes(flag)) ? undefined : flags[0];
}
