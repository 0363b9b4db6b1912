/** Runs commands to their end. */
import { spawnSync } from "node:child_process";

/** @returns {{ ok: boolean, output: string }} `output` of both streams */
export function tryRun(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" },
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return {
    ok: error === undefined && status === 0,
    output: `${error?.message ?? ""}${stdout ?? ""}${stderr ?? ""}`,
    stdout,
  };
}

/** @returns {string} what it printed */
export function run(command, args, options) {
  const { ok, output, stdout } = tryRun(command, args, options);
  if (!ok) throw new Error(`${command} ${args.join(" ")} failed:\n${output}`);
  return stdout;
}
