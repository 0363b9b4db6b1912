import { closeSync, fsyncSync, writeSync } from "node:fs";
import type { AuditEntry } from "@isosops/gitops";
import { openSync } from "@isosops/node/internal/file-system/fs";
import { reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

/** A log of what was asked for, by whom, and with what result: a line of JSON for each entry. */
export interface AuditLog {
  /** Throws the system's errors. */
  write(entry: AuditEntry): void;
  close(): void;
}

/** Append to a file, which only its owner can read if it is new. Throws `CommandError`. */
export function openAuditLog(path: string): AuditLog {
  let descriptor: number;
  try {
    descriptor = openSync(path, "a", 0o600);
  } catch (error) {
    throw new CommandError(
      exitCodes.writeOutput,
      `--audit-log ${path}: the file cannot be written: ${reasonOf(error)}. Give another one.`,
      error,
    );
  }
  let isCut = false;
  return {
    write(entry) {
      // Whole lines, also after a disk was full in the middle of one.
      const line = Buffer.from(`${isCut ? "\n" : ""}${JSON.stringify(entry)}\n`);
      isCut = true;
      for (let at = 0; at < line.length; ) at += writeSync(descriptor, line, at);
      isCut = false;
      if (entry.phase === "begun") sync(descriptor);
    },
    close: () => closeSync(descriptor),
  };
}

function sync(descriptor: number): void {
  try {
    fsyncSync(descriptor);
  } catch {
    // A pipe or a terminal.
  }
}
