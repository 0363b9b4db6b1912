/** Encrypted files in Git repositories. */

export { findRepository } from "./repository/find-repository.js";
export { GitError } from "./repository/git.js";
