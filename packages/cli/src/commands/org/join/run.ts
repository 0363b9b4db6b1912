import type { Identity } from "@isosops/age";
import {
  checkBundle,
  GitopsError,
  join,
  type KeyringState,
  type OrganisationOptions,
  openBundle,
  reencryptFor,
  refuseLost,
  shellPath,
} from "@isosops/gitops";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { lazyKinds } from "@isosops/node/internal/keys/kinds";
import { keyFileLimit, readLimited } from "@isosops/node/internal/read-limited";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";
import { readStdin } from "../../../files/read-stdin.js";
import { keyringPath } from "../../../keyring/keyring-path.js";
import {
  filesOfAllBranches,
  newProtector,
  openOrganisation,
  organisationFiles,
} from "../../../keyring/open-organisation.js";
import { newPassphrase } from "../../../keyring/passphrase.js";
import { findPublished, type PublishedFile } from "../../../keyring/published-file.js";
import { findIdentities } from "../../../keys/identities.js";
import { CommandError } from "../../../program/command-error.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { say, warn } from "../../../terminal/messages.js";
import { plural } from "../../../terminal/plural.js";
import { printable } from "../../../terminal/printable.js";
import { showPath } from "../../../terminal/show-path.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { nextCommand } from "../next-command.js";
import { readersFinder } from "../reencrypt/run.js";
import type { OrgJoinFlags } from "./flags.js";

/** `isosops org join`. */
export async function orgJoin(file: string, paths: readonly string[], flags: OrgJoinFlags): Promise<void> {
  const { recipient = [], replace } = flags;
  const bundle = await open(await read(file));
  const organisation = await openOrganisation();
  if (flags.reencrypt === true) return reencryptFiles(organisation, bundle, file, paths);
  const published = await findPublished(["."]);
  if (published !== undefined) checkBundle(bundle, published.history, published.name);
  const before = await organisation.storage.read();
  const isKept = before !== undefined && recipient.length === 0;
  // The passphrase stays, and must be correct.
  if (isKept) await organisation.protector.open(before.current.sealed);
  const protector = isKept ? organisation.protector : await newProtector(recipient, newPassphrase);
  const left = { paths: (flags.except ?? []).map((path) => resolve(path)), refs: flags.exceptRef ?? [] };
  // Without --replace, the keyring of another organisation is never replaced.
  if (replace === true || before?.organisationId === bundle.organisationId) {
    await refuseLost(organisation, bundle, filesOfAllBranches(left), paths, {
      command: joinCommand(file, "--reencrypt "),
      joinCommand: joinCommand(file),
      gone: flags.gone,
      except: left.paths,
    });
  }
  const { current, previous, organisationId } = await join(organisation, bundle, { protector, replace });
  await writeStdout(`${current.recipient}\n`);
  const how = isKept
    ? "as the one before"
    : recipient.length > 0
      ? `for ${recipient.join(", ")}`
      : "with the passphrase";
  say(`The keyring of the organisation ${organisationId} is in ${printable(keyringPath())}, encrypted ${how}.`);
  if (previous !== null) say(`A rotation is under way, from ${previous.recipient}.`);
  if (published === undefined) {
    warn(
      "There is no repository here that tells of the organisation's keys: compare the public key with a colleague's.",
    );
  }
  if (file !== "-") say(`Delete ${printable(file)}: the private key is in it, encrypted for you.`);
}

/** For a message, whatever the working folder. */
function joinCommand(file: string, flags = ""): string {
  return `isosops org join ${flags}${file === "-" ? "FILE" : shellPath(resolve(file))}`;
}

async function reencryptFiles(
  organisation: OrganisationOptions,
  bundle: KeyringState,
  file: string,
  paths: readonly string[],
): Promise<void> {
  const done: string[] = [];
  const published = await findPublished(["."]);
  const { failed } = await reencryptFor(organisation, bundle, organisationFiles(), paths, {
    isPublished: published !== undefined && isOf(bundle, published),
    readersOf: readersFinder([]),
    kinds: lazyKinds(),
    onFile: (path, outcome) => {
      if (outcome === "done") done.push(showPath(path));
    },
  });
  await writeStdout(done.map((path) => `${printable(path)}\n`).join(""));
  for (const { path, problem } of failed) warn(`${showPath(path)} was not re-encrypted: ${problem}`);
  if (failed.length > 0) process.exitCode = exitCodes.findings;
  const next = nextCommand("join", [file === "-" ? "FILE" : file]);
  say(`${plural(done.length, "file")} re-encrypted. Commit, then: ${next}`);
}

function isOf(bundle: KeyringState, { history, name }: PublishedFile): boolean {
  try {
    checkBundle(bundle, history, name);
    return true;
  } catch (error) {
    if (!(error instanceof GitopsError)) throw error;
    return false;
  }
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return file === "-" ? await readStdin() : await readLimited(file, keyFileLimit);
  } catch (error) {
    const exit = errorCode(error) === "ENOENT" ? exitCodes.noFile : exitCodes.readInput;
    throw new CommandError(exit, `${file}: the file cannot be read: ${reasonOf(error)}.`, error);
  }
}

async function open(bytes: Uint8Array): Promise<KeyringState> {
  const { identities, tried } = await findIdentities();
  // SOPS_AGE_KEY_CMD needs a recipient, and an age file does not name one.
  const own = identities.filter((identity): identity is string | Identity => typeof identity !== "function");
  try {
    return await openBundle(bytes, own);
  } catch (error) {
    if (!(error instanceof GitopsError) || error.code !== "locked") throw error;
    throw new GitopsError(error.code, `${error.message} Looked in: ${tried.join("; ")}.`, [], error);
  }
}
