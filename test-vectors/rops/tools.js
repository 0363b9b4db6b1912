/** Finds and runs rops, a tool written in Rust that reads and writes SOPS files, TOML among them. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../tools.js";

export const ropsVersion = "0.1.7";

/** The path of rops, or undefined: what `ROPS_BIN` names, else what `cargo install` of the README put into the cache. */
export function findRops() {
  const paths = [process.env.ROPS_BIN ?? "", join(cacheFolder(), `rops-${ropsVersion}`, "bin", "rops")];
  return paths.find((path) => path !== "" && existsSync(path));
}

/**
 * @param {string} rops
 * @param {string[]} flags
 * @param {string} text read on stdin
 * @param {string} identity an age private key
 * @returns {string} what it printed
 * @throws where it fails
 */
export function runRops(rops, flags, text, identity) {
  const printed = execFileSync(rops, [...flags, "--format", "toml"], {
    input: text,
    encoding: "utf8",
    env: { PATH: process.env.PATH, HOME: tmpdir(), ROPS_AGE: identity },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: 60_000,
  });
  // It puts a line break of its own behind the file.
  return printed.replace(/\n$/, "");
}
