/** What `isosops git install` writes, and what of it is there. */
import { chmodSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import {
  existsSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "@isosops/node/internal/file-system/fs";
import { bytesOfName, nameOf } from "@isosops/node/internal/file-system/names";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { hasCiphertext } from "@isosops/node/internal/guess-format";
import { parseConfig, SopsError } from "isosops";
import { GitError, git, gitParts } from "../repository/git.js";
import { attributeLine, driverAttributes, filterAttributes, linesIn, withLines } from "./attributes.js";
import { patternsFor } from "./patterns.js";

/** What the lines of one `.gitattributes` are, and are to be. */
export interface AttributesPlan {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** Rules of `.sops.yaml` that patterns cannot express: their line and `path_regex`; undefined for one that matches every file. */
  readonly inexact: readonly { readonly config: string; readonly line: number; readonly regex: string | undefined }[];
}

/** Comes before the patterns that a user gave. */
const givenMark = "# of --pattern:";

/**
 * The lines for each `.sops.yaml` of a work tree, in the `.gitattributes` beside it. Patterns that a user gave before stay.
 *
 * @param patterns further ones, of the top folder
 * @param filters whether files are in plain text in the work tree; undefined: as before
 * @throws {GitError}
 * @throws {SopsError} `config`, also where a `.gitattributes` is no file.
 */
export async function planAttributes(
  top: string,
  patterns: readonly string[],
  filters: boolean | undefined,
): Promise<AttributesPlan[]> {
  const plans: AttributesPlan[] = [];
  const configs = await listConfigs(top);
  const folders = new Set([top, ...configs.map((path) => dirname(path))]);
  for (const folder of folders) checkFile(join(folder, ".gitattributes"));
  const used = filters ?? usesFilter(readText(join(top, ".gitattributes")));
  const attributes = used ? filterAttributes : driverAttributes;
  for (const folder of folders) {
    const path = join(folder, ".gitattributes");
    const before = readText(path);
    const inexact: AttributesPlan["inexact"][number][] = [];
    const lines: string[] = [];
    const config = join(folder, ".sops.yaml");
    if (configs.includes(config)) {
      const { creationRules = [] } = await parseConfig(readFileSync(config, "utf8"), { filename: config });
      for (const { pathRegex, line } of creationRules) {
        const found = pathRegex === undefined ? undefined : patternsFor(pathRegex);
        if (found === undefined) inexact.push({ config: relative(top, config), line, regex: pathRegex });
        else lines.push(...found.map((pattern) => attributeLine(pattern, attributes)));
      }
    }
    const given = new Set([
      ...givenIn(before).map((line) => line.replace(/ (?:filter=isosops )?diff=isosops merge=isosops$/, "")),
      ...(folder === top ? patterns.map((pattern) => attributeLine(pattern, "").trimEnd()) : []),
    ]);
    const own = [...new Set(lines)];
    if (given.size > 0) own.push(givenMark, ...[...given].map((pattern) => `${pattern} ${attributes}`));
    // A rule may be for all files of the folder.
    if (own.length > 0) own.push(".sops.yaml !filter !diff !merge", ".gitattributes !filter !diff !merge");
    plans.push({ path, before, after: withLines(before, own), inexact });
  }
  return plans;
}

function givenIn(text: string): string[] {
  const lines = linesIn(text) ?? [];
  const at = lines.indexOf(givenMark);
  return at === -1 ? [] : lines.slice(at + 1).filter((line) => line.includes("diff=isosops"));
}

/** Whether the lines in a `.gitattributes` name the filter. */
export function usesFilter(text: string): boolean {
  return (linesIn(text) ?? []).some((line) => line.includes("filter=isosops "));
}

/** Every `.gitattributes` of a work tree that has lines of ours, without them. */
export async function planRemoval(top: string): Promise<AttributesPlan[]> {
  const folders = new Set([top, ...(await listConfigs(top)).map((path) => dirname(path))]);
  return [...folders].flatMap((folder) => {
    const path = join(folder, ".gitattributes");
    if (isOther(path)) return [];
    const before = readText(path);
    return [{ path, before, after: withLines(before, []), inexact: [] }];
  });
}

/** Writes what differs. Returns the paths. */
export function writeAttributes(plans: readonly AttributesPlan[]): string[] {
  const changed = plans.filter(({ before, after }) => before !== after);
  for (const { path, after } of changed) {
    if (after === "") rmSync(path);
    else writeFileSync(path, bytesOfName(after));
  }
  return changed.map(({ path }) => path);
}

/** All `.sops.yaml` of a work tree, absolute. */
async function listConfigs(top: string): Promise<string[]> {
  const found: string[] = [];
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ":(top,glob)**/.sops.yaml"];
  for await (const part of gitParts(top, args, "\0")) {
    const path = resolve(top, ...nameOf(part).split("/"));
    if (existsSync(path) && !found.includes(path)) found.push(path);
  }
  return found;
}

/** The text of a file, whose bytes need not be UTF-8. */
function readText(path: string): string {
  return existsSync(path) ? nameOf(readFileSync(path)) : "";
}

/** Whether there is something else than a file, such as a link, which may lead out of the repository. */
function isOther(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === false;
}

function checkFile(path: string): void {
  if (isOther(path))
    throw new SopsError("config", `${path}: it is a link or a folder, and Git reads only a file. Replace it.`);
}

/** Settings of the drivers, by name. */
export function driverSettings(command: string, filters: boolean): ReadonlyMap<string, string> {
  return new Map([
    ["diff.isosops.textconv", `${command} git textconv`],
    // With it, Git would keep plain text in the repository.
    ["diff.isosops.cachetextconv", "false"],
    ["merge.isosops.name", "merge of the values of encrypted files"],
    ["merge.isosops.driver", `${command} git merge-driver %O %A %B %L %P`],
    ...(filters
      ? ([
          ["filter.isosops.process", `${command} git filter`],
          // Otherwise, Git would stage plain text where the filter fails.
          ["filter.isosops.required", "true"],
        ] as const)
      : []),
  ]);
}

/** Sections of the configuration that hold these settings. */
const sections = ["diff.isosops", "merge.isosops", "filter.isosops"];

/** Writes settings that differ, and returns their names. Throws `GitError`. */
export async function writeSettings(top: string, scope: Scope, wanted: ReadonlyMap<string, string>): Promise<string[]> {
  const found = await readSettings(top, scope);
  const changed = [...wanted].filter(([name, value]) => found.get(name) !== value);
  for (const [name, value] of changed) await git(top, ["config", scope, "--replace-all", name, value]);
  return changed.map(([name]) => name);
}

/** Where settings are: in the configuration of the repository, or in that of the user. */
export type Scope = "--local" | "--global";

/** Our settings that are there. Throws `GitError`. */
export async function readSettings(top: string, scope?: Scope): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const args = ["config", ...(scope === undefined ? [] : [scope]), "--null", "--list"];
  try {
    for await (const part of gitParts(top, args, "\0")) {
      const [, name, value] = /^([^\n]*)\n?(.*)$/s.exec(part.toString())!;
      if (sections.some((section) => name!.startsWith(`${section}.`))) found.set(name!, value!);
    }
  } catch (error) {
    // There is no such file yet.
    if (!(error instanceof GitError) || error.isMissing || scope !== "--global") throw error;
  }
  return found;
}

/** Removes our sections, and returns those that were there. Throws `GitError`. */
export async function removeSettings(top: string, scope: Scope): Promise<string[]> {
  const found = await readSettings(top, scope);
  const there = sections.filter((section) => [...found.keys()].some((name) => name.startsWith(`${section}.`)));
  for (const section of there) await git(top, ["config", scope, "--remove-section", section]);
  return there;
}

const hookMark = "# isosops git install";

/** The hook before a commit. */
export interface Hook {
  readonly path: string;
  /** `changed`: it is ours, with other lines in it. */
  readonly state: "none" | "ours" | "changed" | "other";
  /** Whether it is in a folder that the configuration names (`core.hooksPath`), which another tool manages. */
  readonly isManaged: boolean;
}

/** Where the hook is, and whose. Throws `GitError`. */
export async function findHook(top: string): Promise<Hook> {
  const path = resolve(top, nameOf(await git(top, ["rev-parse", "--git-path", "hooks/pre-commit"])).trimEnd());
  const common = resolve(top, nameOf(await git(top, ["rev-parse", "--git-common-dir"])).trimEnd());
  const isManaged = dirname(path) !== join(common, "hooks");
  if (!existsSync(path)) return { path, state: "none", isManaged };
  const text = readFileSync(path, "latin1");
  return { path, state: hookText.test(text) ? "ours" : text.includes(hookMark) ? "changed" : "other", isManaged };
}

const hookText = new RegExp(`^#!/bin/sh\n${hookMark}: .*\nbefore=.*\nif .*\nexec .* verify --staged\n$`);

const kept = "pre-commit.before-isosops";

/**
 * Writes the hook. One that was there runs before it.
 *
 * @returns what was done
 */
export function writeHook({ path, state }: Hook, command: string): "written" | "nothing" | "changed" | "blocked" {
  if (state === "changed") return "changed";
  const before = join(dirname(path), kept);
  // A tool that moved this hook runs it from its own, which may be the one before.
  const text = `#!/bin/sh
${hookMark}: checks what is staged. \`isosops git uninstall\` removes it.
before="$(cd "$(dirname "$0")" && pwd)/${kept}"
if [ -x "$before" ] && [ "$ISOSOPS_HOOK" != "$before" ]; then ISOSOPS_HOOK="$before" "$before" "$@" || exit; fi
exec ${command} verify --staged
`;
  if (state === "ours" && readFileSync(path, "utf8") === text) return "nothing";
  if (state === "other") {
    // Somebody has replaced our hook, and the one before it is still there.
    if (existsSync(before)) return "blocked";
    renameSync(path, before);
  }
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return "written";
}

/** Removes the hook, and puts back the one that was there before. Returns whether there was one. */
export function removeHook({ path, state }: Hook): boolean {
  if (state !== "ours") return false;
  const before = join(dirname(path), kept);
  if (existsSync(before)) renameSync(before, path);
  else rmSync(path);
  return true;
}

/** Files that are encrypted in the index, and in plain text in the work tree. Throws `GitError`. */
export async function plainFiles(top: string): Promise<string[]> {
  return (await encryptedNames(top)).filter((name) => {
    const path = resolve(top, ...name.split("/"));
    const isFile = lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
    return isFile && !hasCiphertext(readFileSync(path));
  });
}

/** Encrypted files in the index that no driver is for. Throws `GitError`. */
export async function uncovered(top: string): Promise<string[]> {
  const names = await encryptedNames(top);
  const left: string[] = [];
  const input = [names.map((name) => `${name}\0`).join("")];
  const fields: string[] = [];
  for await (const part of gitParts(top, ["check-attr", "-z", "--stdin", "diff"], "\0", input)) {
    fields.push(nameOf(part));
    if (fields.length < 3) continue;
    const [name, , value] = fields.splice(0, 3) as [string, string, string];
    if (value === "unspecified") left.push(name);
  }
  return left;
}

/** Files in the index that have ciphertexts. Throws `GitError`. */
async function encryptedNames(top: string): Promise<string[]> {
  const names: string[] = [];
  const search = [
    "grep",
    "--cached",
    "-z",
    "--files-with-matches",
    "--fixed-strings",
    "-I",
    "-e",
    "ENC[AES256_GCM,data:",
  ];
  try {
    for await (const part of gitParts(top, [...search, "--", ":/"], "\0")) names.push(nameOf(part));
  } catch (error) {
    // It exits with 1 if there are none.
    if (!(error instanceof GitError) || !/exit code 1$/.test(error.message)) throw error;
  }
  return names;
}

/** Whether a command is found where Git looks for it. */
export function isOnPath(command: string): boolean {
  const program = command.split(" ", 1)[0]!;
  if (program.includes("/")) return existsSync(program);
  const endings = process.platform === "win32" ? [".cmd", ".exe", ".bat", ""] : [""];
  return (process.env.PATH ?? "")
    .split(process.platform === "win32" ? ";" : ":")
    .some((folder) =>
      endings.some((end) => statSync(join(folder, program + end), { throwIfNoEntry: false })?.isFile()),
    );
}
