/** What is staged: checked as it is in the index, by the rules that are there. */
import { dirname } from "node:path";
import { GitError, indexedFiles, stagedFiles } from "@isosops/git";
import { openVersion } from "@isosops/git/internal/diff/version";
import { findRepository } from "@isosops/git/internal/repository/find-repository";
import { git } from "@isosops/git/internal/repository/git";
import { readBlobs } from "@isosops/git/internal/repository/objects";
import { type ConfigFile, configName, ruleForFile } from "@isosops/node/internal/config/config-file";
import { nameOf } from "@isosops/node/internal/file-system/names";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { findIdentities } from "@isosops/node/internal/identities/find-identities";
import { type CreationRule, type KeySource, parseConfig, SopsError } from "isosops";
import { ageSource } from "isosops/age";
import { configFinder } from "../../files/config-file.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { showPath } from "../../terminal/show-path.js";
import { type Checked, checkFile } from "./check-file.js";
import { keyChecker } from "./check-keys.js";
import type { Failure, FileFinding, Report } from "./report.js";
import { inOrder, toFailure } from "./run.js";

/** Checks what is staged in the repository of the working folder. */
export async function verifyStaged(): Promise<Report> {
  const top = findRepository(resolve("."));
  if (top === undefined) {
    throw new CommandError(exitCodes.noFile, "There is no Git repository here, so nothing is staged.");
  }
  try {
    return await verifyIndex(top);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new CommandError(exitCodes.readInput, `What is staged cannot be read. Git says: ${error.message}.`, error);
  }
}

async function verifyIndex(top: string): Promise<Report> {
  const common = resolve(top, nameOf(await git(top, ["rev-parse", "--git-common-dir"])).trimEnd());
  const staged = await stagedFiles(top);
  // Another rule may be for files that do not change.
  const hasRules = staged.some(({ name }) => isConfig(name));
  const files = hasRules ? await indexedFiles(top) : staged;
  const ruleFor = await ruleFinder(top, common);
  const checkKeys = keyChecker();
  const keySources = await ownKeys();
  const findings: FileFinding[] = [];
  const failures: Failure[] = [];
  let [checkedFiles, encrypted] = [0, 0];
  const names = new Map<string, string[]>();
  for (const { id, name } of files) names.set(id, [...(names.get(id) ?? []), name]);
  for await (const { id, content } of readBlobs(common, names.keys())) {
    for (const name of names.get(id)!) {
      const path = resolve(top, ...name.split("/"));
      const file = showPath(path);
      try {
        if (content === undefined) throw tooLarge(file);
        const read = async (_: string, anything: boolean) => (anything && content.includes(0) ? undefined : content);
        const checked = await checkFile(file, () => ruleFor(name), read);
        if (checked === undefined) continue;
        checkedFiles++;
        if (checked.encrypted) encrypted++;
        const all = [
          ...(await checkKeys(checked, file)).findings,
          ...(await checkMac(checked, content, file, keySources)),
        ];
        findings.push(...inOrder(all, file));
      } catch (error) {
        failures.push(toFailure(file, error));
      }
    }
  }
  const order = new Map(files.map(({ name }, index) => [showPath(resolve(top, ...name.split("/"))), index]));
  findings.sort((one, other) => order.get(one.file)! - order.get(other.file)!);
  return { files: files.length, checked: checkedFiles, encrypted, findings, failures };
}

const isConfig = (name: string): boolean => name === configName || name.endsWith(`/${configName}`);

function tooLarge(file: string): CommandError {
  return new CommandError(exitCodes.readInput, `${file}: what is staged is missing from the repository, or too large.`);
}

/**
 * Keys of age that are there without a question: a commit is no time for passphrases, gpg, or requests to key services.
 */
async function ownKeys(): Promise<KeySource[]> {
  const { identities } = await findIdentities({});
  return identities.length === 0 ? [] : [ageSource(identities)];
}

/** What only a key can tell. Nothing of a file that no key opens. */
async function checkMac(
  { encrypted, findings }: Checked,
  content: Buffer,
  file: string,
  keySources: readonly KeySource[],
): Promise<Checked["findings"]> {
  if (!encrypted || findings.some(({ level }) => level === "error")) return [];
  const found = (rule: "wrong-mac" | "malformed-value", message: string, path?: readonly string[]) =>
    [{ rule, level: "error", message, path, region: undefined }] as const;
  try {
    const version = await openVersion(content, file, { keySources });
    if (version?.hasMac !== false) return [];
    const how = "Look at what has changed (`isosops diff --masked --staged`), then restore it, or seal it with";
    return found(
      "wrong-mac",
      `The MAC does not fit: values were added, removed or changed without a key. ${how} \`isosops repair\` and stage it again.`,
    );
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    if (!/^(?:malformed_value|value_authentication)$/.test(error.code)) return [];
    return found("malformed-value", error.message, error.path);
  }
}

/** The rule for a file: of the nearest `.sops.yaml` in the index, or of one that is not tracked. */
async function ruleFinder(top: string, common: string): Promise<(name: string) => Promise<CreationRule | undefined>> {
  const tracked = new Map((await indexedFiles(top, [`:(top,glob)**/${configName}`])).map(({ name, id }) => [name, id]));
  const contents = new Map<string, Buffer>();
  for await (const { id, content } of readBlobs(common, new Set(tracked.values()))) {
    if (content !== undefined) contents.set(id, Buffer.from(content));
  }
  const outside = configFinder(undefined);
  const known = new Map<string, Promise<ConfigFile>>();
  const inIndex = (name: string): Promise<ConfigFile> | undefined => {
    const content = contents.get(tracked.get(name) ?? "");
    if (content === undefined) return undefined;
    let config = known.get(name);
    if (config === undefined) {
      const path = resolve(top, ...name.split("/"));
      config = parseConfig(content.toString(), { filename: showPath(path) }).then((parsed) => ({
        path: showPath(path),
        folder: dirname(path),
        config: parsed,
      }));
      known.set(name, config);
    }
    return config;
  };
  return async (name) => {
    const file = resolve(top, ...name.split("/"));
    if (!process.env.SOPS_CONFIG) {
      for (let folder = dirname(name); ; folder = dirname(folder)) {
        const found = inIndex(folder === "." ? configName : `${folder}/${configName}`);
        if (found !== undefined) return ruleForFile(await found, file);
        if (folder === ".") break;
      }
    }
    const config = await outside(file);
    return config === undefined ? undefined : ruleForFile(config, file);
  };
}
