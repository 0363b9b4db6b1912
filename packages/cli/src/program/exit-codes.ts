import type { GitopsErrorCode } from "@isosops/gitops";
import { errorCode } from "@isosops/node/internal/system-error";
import type { ErrorCode } from "isosops";
import { CommandError } from "./command-error.js";

/**
 * The exit codes of sops (cmd/sops/codes/codes.go) as sops 3.13.3 returns them. Those that it defines and never returns
 * (111 for no recipients, 52 for a missing MAC) are left out.
 */
export const exitCodes = {
  ok: 0,
  generic: 1,
  readInput: 2,
  writeOutput: 3,
  /** urfave/cli: `No help topic`. */
  noHelp: 3,
  dump: 4,
  encryptionContext: 6,
  setFormat: 7,
  conflictingParameters: 8,
  /** Not in sops. */
  findings: 10,
  /** Not in sops: errors of `isosops org`. */
  noKeyring: 11,
  keyring: 12,
  keyringLocked: 13,
  rotation: 14,
  keyInUse: 15,
  encryptingTree: 23,
  decryptingTree: 25,
  missingFileForKeys: 49,
  mac: 51,
  badPath: 91,
  emptyFile: 92,
  noFile: 100,
  decryptionOrder: 112,
  /** Not in sops: those of a shell, env and nohup. */
  notExecutable: 126,
  noCommand: 127,
  dataKey: 128,
  /** What a shell reports for a command that SIGPIPE ended. */
  closedPipe: 141,
  notModified: 200,
  noEditor: 201,
  alreadyEncrypted: 203,
} as const;

/** What the codes mean, in the order of the help. */
export const exitCodeMeanings: readonly (readonly [number, string])[] = [
  [exitCodes.ok, "done"],
  [exitCodes.generic, "unknown flag or value, no or invalid recipient; decrypt: not encrypted, or broken"],
  [exitCodes.readInput, "encrypt: invalid input; a file that cannot be read"],
  [exitCodes.writeOutput, "the output file cannot be written"],
  [exitCodes.dump, "the result cannot be represented in the output format"],
  [exitCodes.encryptionContext, "the encryption context is malformed"],
  [exitCodes.setFormat, "set, unset: the path or the value is malformed"],
  [exitCodes.conflictingParameters, "conflicting flags, or a missing one"],
  [exitCodes.findings, "verify, org, doctor: findings; updatekeys: files to change (10 to 15 are not in sops)"],
  [exitCodes.noKeyring, "org: there is no keyring yet, or there is one already"],
  [exitCodes.keyring, "org: the keyring is damaged, an old copy, or in use by another process"],
  [exitCodes.keyringLocked, "org: the passphrase or identity for the keyring is missing or wrong"],
  [exitCodes.rotation, "org: a rotation is under way, or none is"],
  [exitCodes.keyInUse, "org: files still need the key that was to be destroyed; it was not"],
  [exitCodes.encryptingTree, "no rule of sops selects exactly the values of --select"],
  [exitCodes.decryptingTree, "an encrypted value is malformed, was changed, or was moved to another place"],
  [exitCodes.missingFileForKeys, "rotate: the file whose keys are to be changed does not exist"],
  [exitCodes.mac, "the MAC is missing or wrong: values were added, removed or changed"],
  [exitCodes.badPath, "a selector or the path of --extract is malformed; a selector matches nothing"],
  [exitCodes.emptyFile, "the YAML file to encrypt is empty (with comments or blank lines alone: 2)"],
  [exitCodes.noFile, "no file was given, or it does not exist"],
  [exitCodes.decryptionOrder, "the decryption order names a type of keys twice"],
  [exitCodes.notExecutable, "run: the command cannot be run"],
  [exitCodes.noCommand, "run: there is no such command"],
  [exitCodes.dataKey, "the data key could not be recovered: no key of yours opens the file"],
  [exitCodes.notModified, "edit: nothing was changed in the editor"],
  [exitCodes.noEditor, "edit: there is no editor, or it ended with an error"],
  [exitCodes.alreadyEncrypted, "the file to encrypt is already encrypted"],
];

/** Exit codes by `SopsError` code. A pair is for encrypt and decrypt, for which sops differs. */
const byErrorCode: Record<ErrorCode, number | readonly [encrypt: number, decrypt: number]> = {
  syntax: [exitCodes.readInput, exitCodes.generic],
  unsupported: [exitCodes.readInput, exitCodes.generic],
  unwritable: exitCodes.dump,
  stray_text: exitCodes.readInput,
  lossy: exitCodes.dump,
  too_large: [exitCodes.readInput, exitCodes.generic],
  empty: [exitCodes.emptyFile, exitCodes.generic],
  already_encrypted: exitCodes.alreadyEncrypted,
  not_encrypted: exitCodes.generic,
  metadata: exitCodes.generic,
  no_recipients: exitCodes.generic,
  invalid_recipient: exitCodes.generic,
  unknown_recipient: exitCodes.generic,
  invalid_identity: exitCodes.dataKey,
  no_identities: exitCodes.dataKey,
  no_matching_identity: exitCodes.dataKey,
  unsupported_key_type: exitCodes.dataKey,
  data_key: exitCodes.dataKey,
  not_recovered: exitCodes.dataKey,
  invalid_key: [exitCodes.generic, exitCodes.dataKey],
  credentials: [exitCodes.generic, exitCodes.dataKey],
  permission: [exitCodes.generic, exitCodes.dataKey],
  key_not_found: [exitCodes.generic, exitCodes.dataKey],
  key_disabled: [exitCodes.generic, exitCodes.dataKey],
  clock: [exitCodes.generic, exitCodes.dataKey],
  network: [exitCodes.generic, exitCodes.dataKey],
  unavailable: [exitCodes.generic, exitCodes.dataKey],
  service: [exitCodes.generic, exitCodes.dataKey],
  malformed_value: exitCodes.decryptingTree,
  value_authentication: exitCodes.decryptingTree,
  mac_mismatch: exitCodes.mac,
  mac_missing: exitCodes.mac,
  invalid_rule: exitCodes.generic,
  invalid_option: exitCodes.generic,
  config: exitCodes.generic,
  invalid_selector: exitCodes.badPath,
  unmatched_selector: exitCodes.badPath,
  inexpressible_selection: exitCodes.encryptingTree,
  unverified: exitCodes.encryptingTree,
  invalid_path: exitCodes.badPath,
  invalid_value: exitCodes.setFormat,
  path_not_found: exitCodes.generic,
  read_file: exitCodes.readInput,
  write_file: exitCodes.writeOutput,
  client_import: exitCodes.generic,
};

const byGitopsErrorCode: Record<GitopsErrorCode, number> = {
  not_initialized: exitCodes.noKeyring,
  already_initialized: exitCodes.noKeyring,
  keyring: exitCodes.keyring,
  history: exitCodes.keyring,
  old_keyring: exitCodes.keyring,
  forked: exitCodes.keyring,
  other_organisation: exitCodes.keyring,
  busy: exitCodes.keyring,
  locked: exitCodes.keyringLocked,
  rotating: exitCodes.rotation,
  not_rotating: exitCodes.rotation,
  in_use: exitCodes.keyInUse,
  outdated: exitCodes.generic,
  foreign: exitCodes.dataKey,
  unmatched_key: exitCodes.badPath,
  added: exitCodes.mac,
  unverified: exitCodes.encryptingTree,
  cluster: exitCodes.readInput,
  unknown_item: exitCodes.badPath,
  missing_file: exitCodes.noFile,
  outside: exitCodes.readInput,
  not_a_secret: exitCodes.conflictingParameters,
  changed: exitCodes.writeOutput,
  incomplete: exitCodes.generic,
};

/** The exit code for an error. */
export function exitCodeFor(error: unknown, operation: string | undefined): number {
  if (error instanceof CommandError) return error.exitCode;
  if (isGitopsError(error)) return byGitopsErrorCode[error.code];
  const code = sopsErrorCode(error);
  if (code === undefined) return exitCodes.generic;
  // As in sops, a missing file has its own exit code.
  if (code === "read_file" && errorCode((error as Error).cause) === "ENOENT") return exitCodes.noFile;
  const entry = byErrorCode[code];
  return typeof entry === "number" ? entry : entry[operation === "encrypt" ? 0 : 1];
}

/** The code of a `SopsError`, recognized by name so that its class need not be loaded. */
export function sopsErrorCode(error: unknown): ErrorCode | undefined {
  if (!(error instanceof Error) || error.name !== "SopsError") return undefined;
  const { code } = error as Error & { code: ErrorCode };
  return code in byErrorCode ? code : undefined;
}

/** Whether it is an error of the keyring or a rotation, recognized by name. */
export function isGitopsError(error: unknown): error is Error & { readonly code: GitopsErrorCode } {
  return (
    error instanceof Error && error.name === "GitopsError" && (error as { code?: string }).code! in byGitopsErrorCode
  );
}
