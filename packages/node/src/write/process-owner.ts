import { execFileSync } from "node:child_process";
import { hostname } from "node:os";
import { readFileSync, readlinkSync } from "../file-system/fs.js";
import { errorCode } from "../system-error.js";

let own: string | undefined;

/**
 * This process: host, process id and start time, since ids are reused: `host:pid:start`. It is found out once: a run may write
 * thousands of files, and on macOS a program is started to ask.
 */
export function ownProcess(): string {
  own ??= ownerOf(process.pid);
  return own;
}

/** As `ownProcess`, for another process of this host. */
export function ownerOf(pid: number): string {
  return `${ownHost()}:${pid}:${startOf(pid) ?? unknown}`;
}

/** If the system does not report a process's start time. */
const unknown = "?";

/** Whether a process may still run; true if that is unknown, such as on another host. */
export function mayRun(owner: string): boolean {
  const [, host, pid, start] = /^(.*):(\d+):(.*)$/s.exec(owner) ?? [];
  if (host !== ownHost() || pid === undefined) return true;
  if (!isThere(Number(pid))) return false;
  const now = startOf(Number(pid));
  return now === undefined || start === unknown || now === start;
}

/** The host name, with the PID namespace in a container, whose processes have their own ids: `host+namespace`. */
function ownHost(): string {
  if (process.platform !== "linux") return hostname();
  try {
    const namespace = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))![0];
    return namespace === initialNamespace ? hostname() : `${hostname()}+${namespace}`;
  } catch {
    return hostname();
  }
}

/** Linux: include/uapi/linux/nsfs.h, `PID_NS_INIT_INO`. */
const initialNamespace = "4026531836";

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: another user's process.
    return errorCode(error) !== "ESRCH";
  }
}

function startOf(pid: number): string | undefined {
  try {
    if (process.platform === "linux") {
      // proc(5): field 22, in clock ticks since boot. Field 2, in parentheses, may contain anything.
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    }
    if (process.platform === "win32") return undefined;
    const env = { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" };
    const started = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { env, encoding: "utf8" }).trim();
    return started === "" ? undefined : started;
  } catch {
    return undefined;
  }
}
