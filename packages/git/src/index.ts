/** Encrypted files in Git repositories. */

export type { ChangedFile, FileState, StagedFile, State } from "./diff/changed-files.js";
export { changedFiles, commitState, indexedFiles, mergeBase, stagedFiles } from "./diff/changed-files.js";
export type { Change, Differ, Side, VersionDiff } from "./diff/diff.js";
export { createDiffer } from "./diff/diff.js";
export type { FileDiff } from "./diff/markdown.js";
export { toMarkdown } from "./diff/markdown.js";
export type { Keys } from "./diff/version.js";
export type { FileVersions, MergedVersions, MergeVersionsOptions } from "./merge/merge-versions.js";
export { mergeVersions } from "./merge/merge-versions.js";
export { findRepository } from "./repository/find-repository.js";
export { GitError } from "./repository/git.js";
export type { Commit } from "./repository/history.js";
export type { FormerReader, PlainFile, Scanned } from "./scan/scan.js";
export { scanHistory } from "./scan/scan.js";
