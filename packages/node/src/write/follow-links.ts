import { dirname } from "node:path";
import { readlinkSync } from "../file-system/fs.js";
import { resolve } from "../file-system/paths.js";
import { errorCode } from "../system-error.js";

/** The target of a path after all symbolic links, which need not exist. */
export function followLinks(path: string): string {
  let target = resolve(path);
  // The limit of Linux.
  for (let links = 0; links <= 40; links++) {
    let next: string;
    try {
      next = readlinkSync(target);
    } catch (error) {
      // EINVAL: not a link. Links in parent folders are resolved by the system.
      const code = errorCode(error);
      if (code === "EINVAL" || code === "ENOENT" || code === "UNKNOWN") return target;
      throw error;
    }
    // Links below /proc, which /dev/stdout points to, name files that may have no path.
    if (dirname(target).startsWith("/proc/") || isDevice(target)) return target;
    target = resolve(dirname(target), next);
  }
  throw Object.assign(new Error("too many symbolic links"), { code: "ELOOP", syscall: "readlink" });
}

/** /dev/shm is a file system in memory for anybody's files. */
function isDevice(path: string): boolean {
  return path.startsWith("/dev/") && !path.startsWith("/dev/shm/");
}
