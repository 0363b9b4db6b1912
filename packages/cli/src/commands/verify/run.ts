import { ruleForFile } from "@isosops/node/internal/config/config-file";
import { findFiles } from "@isosops/node/internal/find-files";
import { forLinkedFile } from "@isosops/node/internal/linked-file";
import { reasonOf } from "@isosops/node/internal/system-error";
import { type Finding, SopsError } from "isosops";
import { configFinder } from "../../files/config-file.js";
import { eachFile } from "../../files/each-file.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodeFor, exitCodes, isGitopsError } from "../../program/exit-codes.js";
import { report as reportError } from "../../terminal/messages.js";
import { writeStdout } from "../../terminal/stdout.js";
import { type Checked, checkFile } from "./check-file.js";
import { keyChecker } from "./check-keys.js";
import type { VerifyFlags } from "./flags.js";
import type { Failure, FileFinding, Report } from "./report.js";

/**
 * `isosops verify`. Findings go to stdout. Files that cannot be checked are reported on stderr, and do not stop the
 * rest.
 */
export async function verifyCommand(paths: readonly string[], flags: VerifyFlags): Promise<void> {
  const report =
    flags.staged === true
      ? await (await import("./staged.js")).verifyStaged()
      : await verifyFiles(findFiles(paths), flags.config);
  for (const { message, exitCode } of report.failures) reportError(new CommandError(exitCode, message));
  await writeStdout(await render(report, flags));
  const [failure] = report.failures;
  if (failure !== undefined) process.exitCode = failure.exitCode;
  else if (report.findings.some(({ level }) => level === "error")) process.exitCode = exitCodes.findings;
}

async function render(report: Report, { json, sarif }: VerifyFlags): Promise<string> {
  if (json === true) return (await import("./report-json.js")).toJson(report);
  if (sarif === true) return (await import("./report-sarif.js")).toSarif(report);
  return (await import("./report-text.js")).toText(report);
}

async function verifyFiles(files: readonly string[], config: string | undefined): Promise<Report> {
  const configFor = configFinder(config);
  const checkKeys = keyChecker();
  const results: (Checked | undefined)[] = new Array(files.length);
  const failures = new Map<string, Failure>();
  await eachFile(
    files,
    async (file, index) => {
      try {
        const checked = await checkFile(file, async () => {
          const found = await configFor(file);
          return found === undefined ? undefined : ruleForFile(found, file);
        });
        results[index] = checked === undefined ? undefined : await forLink(await checkKeys(checked, file), file);
      } catch (error) {
        const failure = toFailure(file, error);
        failures.set(failure.message, failure);
      }
    },
    { describe: (done) => `${done} of ${files.length} files` },
  );
  return {
    files: files.length,
    checked: results.filter((result) => result !== undefined).length,
    encrypted: results.filter((result) => result?.encrypted).length,
    findings: results.flatMap((result, index) => inOrder(result?.findings ?? [], files[index]!)),
    failures: [...failures.values()],
  };
}

async function forLink(checked: Checked, file: string): Promise<Checked> {
  const told = async (finding: Finding) => ({ ...finding, message: await forLinkedFile(finding.message, file) });
  return { ...checked, findings: await Promise.all(checked.findings.map(told)) };
}

export function inOrder(findings: Checked["findings"], file: string): FileFinding[] {
  return findings
    .map((finding) => ({ ...finding, file }))
    .sort((a, b) => line(a) - line(b) || (a.region?.column ?? 0) - (b.region?.column ?? 0));
}

function line({ region }: FileFinding): number {
  return region?.line ?? 0;
}

/** An error of a file as a `Failure`. Other errors are bugs, and are thrown. */
export function toFailure(file: string, error: unknown): Failure {
  if (error instanceof CommandError || error instanceof SopsError || isGitopsError(error)) {
    return { message: error.message, exitCode: exitCodeFor(error, "verify") };
  }
  if (error instanceof Error && "syscall" in error) {
    return { message: `${file}: the file cannot be read: ${reasonOf(error)}.`, exitCode: exitCodes.readInput };
  }
  throw error;
}
