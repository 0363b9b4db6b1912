/** Describes errors of the operating system. */
const reasons: Record<string, string> = {
  EACCES: "permission denied",
  EADDRINUSE: "another program listens there",
  EADDRNOTAVAIL: "this machine does not have that address",
  EBUSY: "it is in use, or mounted as a single file",
  EDQUOT: "the disk quota is used up",
  EEXIST: "it exists",
  EFBIG: "it would be too large",
  EIO: "the disk reports an error",
  EISDIR: "it is a folder",
  ELOOP: "its symbolic links go in a circle",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "its name is too long",
  ENOENT: "no such file or folder",
  ENOSPC: "no space left on the disk",
  ENOTDIR: "a part of its path is not a folder",
  ENOTFOUND: "there is no such host",
  EPERM: "operation not permitted",
  EROFS: "the file system is read-only",
  // Not of the system: see `tooLong`, and `published-path.ts` of the command.
  TOO_LONG: "it is too long, or never ends",
  LINK_NOWHERE: "it is a symbolic link that leads nowhere",
  LINK_OUTSIDE: "it is a symbolic link that leads out of the repository",
};

/** The reason of a system error, in words. */
export function reasonOf(error: unknown): string {
  const code = errorCode(error);
  return code === undefined ? "unknown reason" : (reasons[code] ?? code);
}

/** The code of a system error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : undefined;
}
