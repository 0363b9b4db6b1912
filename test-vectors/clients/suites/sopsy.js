/** The tests of sopsy, a Python library that runs sops. They use age from the start. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { copyOf } from "../repositories.js";
import { venv } from "./python.js";

export const name = "sopsy";
export const variants = ["age"];

export async function run({ folder, env }) {
  const python = venv("pytest==8.4.2", "pyyaml==6.0.3");
  const copy = copyOf("nikaro/sopsy", join(folder, "sopsy"));
  const { stdout } = spawnSync(
    join(python, "bin/python3"),
    ["-m", "pytest", "-p", "no:cacheprovider", "-rA", "--tb=no", "-q", "tests"],
    { cwd: copy, env: { ...env, PYTHONPATH: join(copy, "src") }, encoding: "utf8" },
  );
  const results = [...stdout.matchAll(/^(PASSED|FAILED|ERROR) \S+::(\S+)/gm)];
  if (results.length === 0) throw new Error(`the tests have not run: ${stdout.trim().split("\n").at(-1)}`);
  return new Map(results.map(([, outcome, test]) => [test, outcome === "PASSED"]));
}
