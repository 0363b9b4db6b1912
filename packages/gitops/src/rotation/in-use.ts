/** What stands against the end of a key. */
import { type FileProblem, GitopsError, onOneLine } from "../error.js";
import { whatIsHeld } from "../keyring/leases.js";
import type { KeyringState } from "../keyring/state.js";
import type { KeyringStorage } from "../keyring/storage.js";
import {
  examineFile,
  examineListed,
  type Files,
  type Finding,
  type Lock,
  type SoughtKey,
  textsToFind,
} from "./files.js";

export interface EndOptions {
  /** Owners of leases that have ended for certain, though `mayRun` of the storage cannot tell. */
  readonly gone?: readonly string[] | undefined;
  /** Files, as `list` names them, that do not count, though they need the key or cannot be read: they may be lost. */
  readonly except?: readonly string[] | undefined;
}

/** What may stand against the end of a key, the first of `keys`. */
export interface Search extends EndOptions {
  readonly files: Files;
  readonly paths: readonly string[];
  readonly keys: readonly SoughtKey[];
  /** Whether something is lost with that key, by those of the keys that open it for certain. */
  readonly depends: (openers: readonly string[]) => boolean;
  readonly remedy: string;
}

/** Throw `in_use` where a key that is to be destroyed may still be needed. */
export async function refuseInUse(
  storage: KeyringStorage,
  { leases, known }: KeyringState,
  search: Search,
): Promise<void> {
  const { files, paths, keys, gone = [], except = [], remedy } = search;
  const [{ recipient }] = keys as [SoughtKey];
  const problems: FileProblem[] = [];
  for (const lease of leases) {
    if (lease.recipient === recipient) problems.push(...(await whatIsHeld(lease, storage, gone)));
  }
  const texts = textsToFind(keys.map((key) => key.recipient));
  const seen = new Set<string>(except);
  const look = async (path: string, examine: typeof examineFile): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    const problem = problemOf(await examine(files, path, keys), search);
    if (problem !== undefined) problems.push({ path, problem });
  };
  for await (const path of files.list(paths, texts)) await look(path, examineListed);
  for (const path of known) await look(path, examineFile);
  if (problems.length > 0) throw inUse(recipient, problems, remedy);
}

function problemOf(finding: Finding, { keys, depends }: Search): string | undefined {
  const [{ recipient }] = keys as [SoughtKey];
  const needs = ({ recipients, openers }: Lock) => recipients.includes(recipient) && depends(openers);
  switch (finding.kind) {
    case "encrypted":
      return finding.locks.some(needs) ? "is encrypted for it" : undefined;
    case "cluster":
      return finding.locks.some(needs) ? "has something in Base64 that is encrypted for it" : undefined;
    case "age":
      return finding.locks.some(needs) ? "is an age file, or has one in it, that it opens" : undefined;
    case "configuration":
      return finding.recipients.includes(recipient) && depends(finding.recipients)
        ? "tells sops to encrypt new files for it"
        : undefined;
    case "unreadable":
      return `cannot be read: ${finding.problem}`;
    default:
      return undefined;
  }
}

const mostShown = 20;

function inUse(recipient: string, problems: readonly FileProblem[], remedy: string): GitopsError {
  const shown = problems.slice(0, mostShown).map(({ path, problem }) => `\n  ${onOneLine(path)} ${problem}`);
  const more = problems.length > mostShown ? `\n  and ${problems.length - mostShown} more` : "";
  return new GitopsError(
    "in_use",
    `The key ${recipient} is still needed, and nothing was destroyed:${shown.join("")}${more}\n  ${remedy}`,
    problems,
  );
}
