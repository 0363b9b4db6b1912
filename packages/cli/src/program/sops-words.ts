/** Loaded if the command, called as sops, has failed. */
import { errorCode } from "@isosops/node/internal/system-error";
import type { ErrorCode } from "isosops";
import { CommandError, type SopsWords } from "./command-error.js";
import { exitCodes, sopsErrorCode } from "./exit-codes.js";
import { notRecoveredWords } from "./not-recovered-words.js";

const metadataNotFound = "sops metadata not found";
const macMismatch = "MAC mismatch.";
const alreadyEncrypted = `The file you have provided contains a top-level entry called 'sops', or for
flat file formats top-level entries starting with 'sops_'. This is
generally due to the file already being encrypted.`;

/** The words of sops 3.13.3 by the code of the error, without what is not the same for all files. */
const byCode: Partial<Record<ErrorCode, string>> = {
  not_encrypted: metadataNotFound,
  already_encrypted: alreadyEncrypted,
  empty: "File cannot be completely empty, it must contain at least one document",
  mac_mismatch: macMismatch,
  mac_missing: `${macMismatch} File has no MAC.`,
  malformed_value: "Error decrypting tree: Error walking tree: Could not decrypt value.",
  value_authentication:
    "Error decrypting tree: Error walking tree: Could not decrypt value: Could not decrypt with AES_GCM: cipher: message authentication failed",
};

const notRecovered: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>([
  "no_identities",
  "no_matching_identity",
  "invalid_identity",
  "not_recovered",
  "data_key",
]);

/** What Go says of errors of the operating system. */
const systemErrors: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
  EROFS: "read-only file system",
};

/**
 * What sops says of an error, where programs are known to look for it, or to show it.
 *
 * @param operation that of the task, if the command line was understood
 */
export function wordsOfSops(error: unknown, operation?: string): SopsWords | undefined {
  if (error instanceof CommandError && error.sopsWords !== undefined) return error.sopsWords;
  const isCommandError = error instanceof CommandError;
  const text = textOf(isCommandError ? (error.cause ?? error) : error, operation) ?? systemError(error, operation);
  return text === undefined ? undefined : { text };
}

function textOf(error: unknown, operation: string | undefined): string | undefined {
  const code = sopsErrorCode(error);
  if (notRecovered.has(code)) return notRecoveredWords(error as Error);
  if (code === "path_not_found") return missingPart(causes(error).at(-1), operation);
  if (code === "invalid_value") return "Value for --set is not valid JSON";
  if (code === "invalid_path") {
    return operation === "set" || operation === "unset" ? `Invalid ${operation} index format` : undefined;
  }
  // For sops, an empty file is an error of encryption alone.
  if (code === "empty" && operation !== "encrypt") return metadataNotFound;
  return code === undefined ? undefined : byCode[code];
}

/** Of a file that cannot be read or written. */
function systemError(error: unknown, operation: string | undefined): string | undefined {
  const system = causes(error).find((one) => systemErrors[errorCode(one) ?? ""] !== undefined);
  if (system === undefined) return undefined;
  const reason = systemErrors[errorCode(system)!];
  const exitCode = error instanceof CommandError ? error.exitCode : undefined;
  if (exitCode === exitCodes.writeOutput || sopsErrorCode(error) === "write_file") {
    // Here, the file that could not be opened is one beside it.
    const isOutput = operation === "encrypt" || operation === "decrypt";
    return `Could not open ${isOutput ? "output" : "in-place"} file for writing: ${reason}`;
  }
  const { syscall, path } = system as NodeJS.ErrnoException;
  // Here, some files are looked at before they are opened.
  const call = syscall?.endsWith("stat") ? "open" : syscall;
  const said = `${[call, path].filter(Boolean).join(" ")}: ${reason}`;
  return exitCode === exitCodes.readInput ? `Error reading file: ${said}` : said;
}

/** Of a path: sops.go, `Truncate` and `Unset`. */
function missingPart(part: unknown, operation: string | undefined): string | undefined {
  if (typeof part === "number") {
    return operation === "unset"
      ? `Index ${part} out of bounds`
      : `error truncating tree: component [${part}] accesses out of bounds`;
  }
  if (typeof part !== "string") return undefined;
  return operation === "unset" ? `Key not found: ${part}` : `error truncating tree: component ['${part}'] not found`;
}

/** The error and its causes. */
function causes(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let one = error; one !== undefined && found.length < 20; ) {
    found.push(one);
    one = one instanceof Error ? one.cause : undefined;
  }
  return found;
}
