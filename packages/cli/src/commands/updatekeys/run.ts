import { existsSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { FileChangedError } from "@isosops/node/internal/write/write-file";
import { SopsError } from "isosops";
import { configFinder, loadConfig } from "../../files/config-file.js";
import { eachFile } from "../../files/each-file.js";
import { findKeys } from "../../keys/find-keys.js";
import { versionFinder } from "../../keys/newest-versions.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes, isGitopsError } from "../../program/exit-codes.js";
import { askYesOrNo } from "../../terminal/ask-yes-or-no.js";
import { type LineReader, lineReader } from "../../terminal/line-reader.js";
import { report, say, warn } from "../../terminal/messages.js";
import { plural } from "../../terminal/plural.js";
import { printable } from "../../terminal/printable.js";
import { showPath } from "../../terminal/show-path.js";
import { writeStdout } from "../../terminal/stdout.js";
import type { UpdatekeysOptions } from "./flags.js";
import { applyPlan, type Found, planFile, type Target } from "./plan.js";
import { findTargets } from "./targets.js";

/** The question of sops, without a space at its end. */
const question = "Is this okay? (y/n):";

const heading = "The following changes will be made to the file's groups:\n";

/** `isosops updatekeys`. Files that are named are treated as by sops, one by one; folders and patterns as a whole. */
export async function updatekeysCommand(paths: readonly string[], options: UpdatekeysOptions): Promise<void> {
  const targets = await findTargets(paths);
  const stdin = lineReader();
  try {
    if (targets.every(({ isNamed }) => isNamed)) await updateNamed(targets, options, stdin);
    else await updateAll(targets, options, stdin);
  } finally {
    stdin.close();
  }
}

/** As sops does it, and in its words (cmd/sops/subcommand/updatekeys). */
async function updateNamed(targets: readonly Target[], options: UpdatekeysOptions, stdin: LineReader): Promise<void> {
  const [config, withVersion] = [await loadConfig(options.config), versionFinder(options)];
  let failed = 0;
  let wouldChange = false;
  for (const target of targets) {
    try {
      wouldChange = (await updateOne(target)) || wouldChange;
    } catch (error) {
      if (targets.length === 1 || !isOfFile(error)) throw error;
      report(error);
      failed++;
    }
  }
  if (failed > 0) throw new CommandError(exitCodes.generic, `failed updating ${plural(failed, "file")}.`);
  if (wouldChange) process.exitCode = exitCodes.findings;

  /** Whether a dry run has found a change. */
  async function updateOne(target: Target): Promise<boolean> {
    const path = printable(resolve(target.file));
    if (!existsSync(target.file)) {
      throw new CommandError(exitCodes.generic, `${target.file}: no such file or directory.`);
    }
    say(`Syncing keys for file ${path}`);
    const found = await planFile(target, config, options, withVersion);
    if (found.kind !== "change") {
      say(`File ${path} already up to date`);
      return false;
    }
    await writeStdout(`${heading}${found.plan.shown}`);
    if (options.dryRun === true) return true;
    if (options.yes !== true && !(await askYesOrNo(question, stdin, "--yes"))) {
      say(`File ${path} left unchanged`);
      return false;
    }
    await applyPlan(found.plan, await findKeys(options), options);
    say(`File ${path} synced with new keys`);
    return false;
  }
}

/** A file to change, without its content: there may be thousands. */
interface Pending {
  readonly target: Target;
  readonly shown: string;
}

/** All at once: what changes is shown by change, and asked once. */
async function updateAll(targets: readonly Target[], options: UpdatekeysOptions, stdin: LineReader): Promise<void> {
  const [configFor, given] = [configFinder(options.config), await loadConfig(options.config)];
  const withVersion = versionFinder(options);
  const plan = async (target: Target): Promise<Found> =>
    planFile(target, target.isNamed ? given : await configFor(target.file), options, withVersion);
  const results: (Found["kind"] | "failed" | "rule" | Pending)[] = new Array(targets.length);
  let failed = 0;
  const fail = (error: unknown): void => {
    if (!isOfFile(error)) throw error;
    report(error);
    failed++;
  };
  await eachFile(
    targets,
    async (target, index) => {
      try {
        const found = await plan(target);
        if (found.kind === "change") results[index] = { target, shown: found.plan.shown };
        else results[index] = found.kind === "skipped" && found.why === "rule" ? "rule" : found.kind;
      } catch (error) {
        results[index] = "failed";
        fail(error);
      }
    },
    { describe: (done) => `${done} of ${plural(targets.length, "file")} compared` },
  );
  const pending = results.filter((result) => typeof result === "object");
  const same = results.filter((result) => result === "same").length;
  const ruleless = targets.filter((_, index) => results[index] === "rule");
  if (ruleless.length > 0) {
    const names = ruleless.slice(0, 10).map(({ file }) => showPath(file));
    const more = ruleless.length > names.length ? ` and ${ruleless.length - names.length} more` : "";
    warn(`no creation rule matches these encrypted files, so they stay as they are: ${names.join(", ")}${more}.`);
  }
  await showPending(pending);
  if (options.dryRun === true) {
    say(`${plural(pending.length, "file")} would be changed, ${same} already up to date. Nothing was changed.`);
    if (pending.length > 0) process.exitCode = exitCodes.findings;
  } else if (pending.length > 0) {
    if (options.yes !== true && !(await askYesOrNo(question, stdin, "--yes"))) {
      say(`${plural(pending.length, "file")} left unchanged`);
    } else await apply();
  } else say(`${plural(same, "file")} already up to date`);
  if (failed > 0) throw new CommandError(exitCodes.generic, `failed updating ${plural(failed, "file")}.`);

  async function apply(): Promise<void> {
    const found = await findKeys(options);
    let done = 0;
    const work = async ({ target, shown }: Pending): Promise<void> => {
      try {
        const now = await plan(target);
        // Somebody else has done it.
        if (now.kind === "change" && now.plan.shown !== shown) throw new FileChangedError(target.file);
        if (now.kind === "change") await applyPlan(now.plan, found, options);
        done++;
      } catch (error) {
        fail(error);
      }
    };
    try {
      const describe = (count: number) => `${count} of ${plural(pending.length, "file")} synced with new keys`;
      // The first one alone: whatever it asks for on the terminal, the others need not.
      await eachFile(pending.slice(0, 1), work, { describe, atOnce: 1 });
      await eachFile(pending.slice(1), work, { describe: (count) => describe(count + 1) });
    } finally {
      say(`${plural(done, "file")} synced with new keys, ${same} already up to date`);
    }
  }
}

/** The changes, each with its files. */
async function showPending(pending: readonly Pending[]): Promise<void> {
  const byChange = new Map<string, string[]>();
  for (const { target, shown } of pending) {
    const files = byChange.get(shown) ?? [];
    files.push(printable(showPath(target.file)));
    byChange.set(shown, files);
  }
  for (const [shown, files] of byChange) {
    await writeStdout(`The following changes will be made to the groups of these files:\n`);
    await writeStdout(files.map((file) => `  ${file}\n`).join("") + shown);
  }
}

/** Whether an error is of one file, and not a mistake of ours. */
function isOfFile(error: unknown): boolean {
  return error instanceof CommandError || error instanceof SopsError || isGitopsError(error);
}
