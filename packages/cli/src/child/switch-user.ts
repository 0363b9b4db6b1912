import { execFileSync } from "node:child_process";
import { userInfo } from "node:os";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

/**
 * Go on as another user, with that user's groups (cmd/sops/subcommand/exec, `SwitchUser`). Returns the variables that
 * sops sets for that user. Throws `CommandError`.
 */
export function switchUser(name: string): Record<string, string> {
  if (process.platform === "win32") {
    throw new CommandError(exitCodes.generic, "--user: there is no other user to switch to on Windows.");
  }
  const group = groupOf(name);
  try {
    (process as { initgroups?: (user: string, group: number) => void }).initgroups!(name, group);
    process.setgid!(group);
    process.setuid!(name);
  } catch (error) {
    throw new CommandError(
      exitCodes.generic,
      `--user ${name}: this process may not switch to that user: ${reasonOf(error)}. Run it as root.`,
      error,
    );
  }
  const { homedir, username } = userInfo();
  return { HOME: homedir, USER: username, LOGNAME: username };
}

/** The user's own group, as `id` tells it: the runtime looks up only the user it runs as. */
function groupOf(name: string): number {
  try {
    if (name.startsWith("-")) throw new Error("an option");
    const text = execFileSync("id", ["-g", name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return Number.parseInt(text, 10);
  } catch (error) {
    const reason = errorCode(error) === "ENOENT" ? "the program `id` is missing" : "unknown user";
    throw new CommandError(exitCodes.generic, `--user ${name}: ${reason}.`, error);
  }
}
