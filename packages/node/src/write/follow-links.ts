import { dirname } from "node:path";
import { readlinkSync } from "../file-system/fs.js";
import { resolve } from "../file-system/paths.js";
import { errorCode } from "../system-error.js";

/** Where a path leads in the end, whether that exists or not. */
export function followLinks(path: string): string {
  let target = resolve(path);
  // As many as Linux follows.
  for (let links = 0; links <= 40; links++) {
    let next: string;
    try {
      next = readlinkSync(target);
    } catch (error) {
      // EINVAL: not a link. Links in the path before the last part are the system's business.
      const code = errorCode(error);
      if (code === "EINVAL" || code === "ENOENT" || code === "UNKNOWN") return target;
      throw error;
    }
    // Links below /proc, such as /dev/stdout leads to, name things that need not have a path.
    if (dirname(target).startsWith("/proc/") || target.startsWith("/dev/")) return target;
    target = resolve(dirname(target), next);
  }
  throw Object.assign(new Error("too many symbolic links"), { code: "ELOOP", syscall: "readlink" });
}
