import { configOptions } from "@isosops/node/internal/environment/config-options";
import { loadEnv } from "@isosops/node/internal/environment/load-env";
import { endLike, type ProgramWords, runCommand } from "../../child/run-command.js";
import { findKeys } from "../../keys/find-keys.js";
import { withPlacesTried } from "../../keys/identities.js";
import { warn, warnOf } from "../../terminal/messages.js";
import type { RunOptions } from "./flags.js";

/** `isosops run`: the command gets what `@isosops/node/config` would set, and ends this process with its exit code. */
export async function runCommandWithEnv(command: ProgramWords, options: RunOptions): Promise<void> {
  const { file, pristine, decryptionOrder: _order, verbose: _verbose, ...flags } = options;
  const env: Record<string, string | undefined> = pristine === true ? {} : { ...process.env };
  const { tried, ...keys } = await findKeys(options);
  const settings = { ...configOptions(process.env), ...(file === undefined ? {} : { files: file }), ...flags };
  const { files, warnings } = await withPlacesTried(tried, () => loadEnv({ ...settings, ...keys, env }));
  for (const warning of warnings) warnOf(warning.file, [warning]);
  if (files.length === 0) warn(`there is no .env file in ${settings.folder ?? "this folder"}: no variable is set.`);
  endLike(await runCommand(command, env));
}
