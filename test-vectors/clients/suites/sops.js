/** The functional tests of sops, in Rust. Those of services are left out, as in `cargo test` of sops itself. */
import { execFileSync, spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../tools.js";
import { copyOf } from "../repositories.js";
import { rewrapFolder } from "../to-age.js";

export const name = "sops";
export const variants = ["PGP", "age"];

/** Of the two keys of sops's tests, and of one that nobody has. */
const fingerprints = [
  "FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4",
  "D7229043384BCC60326C6FB9D8720D957C3D3074",
  "B611A2F9F11D0FF82568805119F9B5DAEA91FF86",
];

export async function run({ folder, variant, keys, env }) {
  const copy = copyOf("getsops/sops", join(folder, "sops"));
  const tests = join(copy, "functional-tests");
  importKey(copy, env);
  if (variant === "age") rewrapFolder(tests, recipientsOf(keys), env);
  symlinkSync(join(env.PATH.split(":")[0], "sops"), join(tests, "sops"));
  const target = join(cacheFolder(), "clients", `functional-tests-${variant}`);
  const cargo = ["test", "--manifest-path", join(tests, "Cargo.toml"), "--target-dir", target];
  try {
    // Not the toolchain that the repository asks for: any that is there will do.
    execFileSync("cargo", [...cargo, "--no-run", "--quiet"], { cwd: folder, env, stdio: "pipe" });
  } catch (cause) {
    throw new Error(`the tests could not be built with cargo: ${firstLine(cause)}`, { cause });
  }
  const { stdout } = spawnSync("cargo", [...cargo, "--", "--test-threads", "2", "--skip", "publish_"], {
    cwd: folder,
    env,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const results = [...stdout.matchAll(/^test tests::(\w+) \.\.\. (ok|FAILED)$/gm)];
  if (results.length === 0) throw new Error("the tests have not run");
  return new Map(results.map(([, test, outcome]) => [test, outcome === "ok"]));
}

export function importKey(copy, env) {
  try {
    execFileSync("gpg", ["--batch", "--import", join(copy, "pgp", "sops_functional_tests_key.asc")], {
      env,
      stdio: "pipe",
    });
  } catch (cause) {
    throw new Error(`the keys of sops's tests could not be imported by gpg: ${firstLine(cause)}`, { cause });
  }
}

export function recipientsOf(keys) {
  return Object.fromEntries(fingerprints.map((fingerprint, index) => [fingerprint, keys[index].recipient]));
}

function firstLine(error) {
  return String(error.stderr || error.message)
    .trim()
    .split("\n")[0];
}
