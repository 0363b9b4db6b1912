import type { ChildProcess } from "node:child_process";
import { basename, join } from "node:path";
import { isatty } from "node:tty";
import { readFileSync, writeFileSync } from "@isosops/node/internal/file-system/fs";
import { reasonOf } from "@isosops/node/internal/system-error";
import { SopsError, type Warning } from "isosops";
import { createPrivateFolder } from "../../plaintext/private-folder.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodeFor, exitCodes } from "../../program/exit-codes.js";
import { lineReader } from "../../terminal/line-reader.js";
import { describeNotLoaded } from "../../terminal/messages.js";
import { chooseEditor, missingWaitFlag, runEditor } from "./editor.js";
import { notModified, notModifiedWords, reportInvalid } from "./report.js";

/** A plain file to edit. */
export interface ToEdit {
  readonly bytes: Uint8Array;
  /** Encrypts what was saved. May be called again after a `SopsError`. */
  seal(edited: Uint8Array): Promise<Sealed>;
}

/** An encrypted file. */
export interface Sealed {
  readonly bytes: Uint8Array;
  readonly encryptedValues: number;
  readonly warnings: readonly Warning[];
}

/**
 * Open a plain file in the editor, again and again until what was saved can be encrypted (cmd/sops/edit.go,
 * `runEditorUntilOk`). Throws `CommandError`, also if nothing was changed, or on a signal.
 *
 * @param name the file whose name the editor shows
 */
export async function editUntilSealed({ bytes, seal }: ToEdit, name: string): Promise<Sealed> {
  const editor = chooseEditor();
  const folder = createPrivateFolder({ size: bytes.length });
  const path = join(folder.path, nameForEditor(name));
  const signals = watchSignals(name);
  const stdin = lineReader();
  try {
    writeFileSync(path, bytes, { flag: "wx", mode: 0o600 });
    for (;;) {
      await signals.or(runEditor(editor, path, signals.editing));
      signals.editing(undefined);
      const edited = read(path);
      if (Buffer.compare(edited, bytes) === 0) {
        const waitFlag = missingWaitFlag(editor);
        throw new CommandError(exitCodes.notModified, notModified(waitFlag), undefined, {
          text: notModifiedWords,
          alone: waitFlag === undefined,
        });
      }
      try {
        return await signals.or(seal(edited));
      } catch (error) {
        const notLoaded = describeNotLoaded(error);
        if (!(error instanceof SopsError) && notLoaded === undefined) throw error;
        reportInvalid(notLoaded === undefined ? (error as Error).message : `${notLoaded} The edit is not lost yet.`);
        if ((await signals.or(stdin.next())) !== undefined) continue;
        if (notLoaded !== undefined) throw error;
        throw new CommandError(
          exitCodeFor(error, "encrypt"),
          `${name}: what was saved in the editor is not valid, and stdin has ended, so the edit was dropped and the file was not changed.`,
          error,
        );
      }
    }
  } finally {
    stdin.close();
    signals.end();
    folder.remove();
  }
}

/** The editor tells the language by the ending. A program's argument is text, and a name need not be. */
function nameForEditor(name: string): string {
  const base = basename(name).replace(/[\udc80-\udcff]/gu, "_");
  return base === "" ? "file" : base;
}

/** Read again by its name: editors replace the file. Throws `CommandError`. */
function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CommandError(
      exitCodes.readInput,
      `The edited file cannot be read: ${reasonOf(error)}. The file was not changed.`,
      error,
    );
  }
}

/** How long an editor may take to end after a signal, in milliseconds. */
const patience = 1_000;

/** Signals end the edit. While an editor has the terminal, Ctrl+C and Ctrl+\ are for the editor. */
function watchSignals(name: string) {
  let child: ChildProcess | undefined;
  let isEnding = false;
  let cancel: (error: Error) => void;
  const cancelled = new Promise<never>((_, reject) => {
    cancel = reject;
  });
  // If it comes while nobody waits for it.
  cancelled.catch(() => {});
  const onSignal = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child !== undefined && child.exitCode === null && child.signalCode === null ? child : undefined;
    if (running !== undefined && isatty(0) && (signal === "SIGINT" || signal === "SIGQUIT")) return;
    isEnding = true;
    if (running !== undefined) {
      const ended = new Promise((resolve) => running.once("exit", resolve));
      running.kill(signal);
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, patience)))]);
      clearTimeout(timer);
      running.unref();
    }
    cancel(new CommandError(exitCodes.generic, `User canceled operation: ${name} was not changed.`));
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    /** Tells of the editor that has been started, or has ended. */
    editing(started: ChildProcess | undefined): void {
      child = started;
    },
    /** Waits for the work, or until a signal ends it. */
    or<Result>(work: Promise<Result>): Promise<Result> {
      // An editor that the signal ended is not one that failed.
      const orCancelled = work.catch((error: unknown) => (isEnding ? cancelled : Promise.reject(error)));
      return Promise.race([orCancelled, cancelled]);
    },
    end(): void {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
