/** The functional tests of sops, in Rust, with a server of Vault. Those of AWS are left out, as in `cargo test` of sops itself. */
import { execFileSync, spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../tools.js";
import { findVault, rootToken, startVault } from "../../vault.js";
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

/** What the tests of `publish` do not look at: the secret that each is to write, by the path of Vault. */
const published = {
  publish_json_file_vault: "secret/data/functional-test/test_encrypt_publish_vault.json",
  publish_json_file_vault_version_1: "kv/functional-test-version-1/test_encrypt_publish_vault_version_1.json",
};

export async function run({ folder, variant, keys, env: given }) {
  const vault = await openVault();
  try {
    const env = vault === undefined ? given : { ...given, VAULT_ADDR: vault.url, VAULT_TOKEN: rootToken };
    const results = runTests({ folder, variant, keys, env }, vault === undefined);
    if (vault === undefined) return results;
    for (const [test, path] of Object.entries(published)) {
      if (results.get(test) === true) results.set(test, isPublished(await vault.ask("GET", path)));
    }
    return results;
  } finally {
    await vault?.stop();
  }
}

/** A server with the mounts that the tests write to (.github/workflows/cli.yml); undefined if there is none. */
async function openVault() {
  const path = findVault();
  if (path === undefined) {
    console.log(
      "sops: its tests publish_json_file_vault* are skipped: there is no Vault (run test-vectors/install.js).",
    );
    return undefined;
  }
  const { url, stop } = await startVault(path);
  async function ask(method, path, body) {
    const response = await fetch(`${url}/v1/${path}`, {
      method,
      headers: { "x-vault-token": rootToken },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return text === "" ? {} : JSON.parse(text);
  }
  await ask("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await ask("POST", "sys/mounts/kv", { type: "kv", options: { version: "1" } });
  return { url, ask, stop };
}

/** Whether an answer of either version of kv is the content of the file of the tests. */
function isPublished({ data: answer = {} }) {
  const { data = answer } = answer;
  return data.foo === 2 && data.bar === "baz";
}

function runTests({ folder, variant, keys, env }, withoutVault) {
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
  const { stdout } = spawnSync(
    "cargo",
    [...cargo, "--", "--test-threads", "2", ...(withoutVault ? ["--skip", "publish_"] : [])],
    {
      cwd: folder,
      env,
      encoding: "utf8",
      maxBuffer: 1 << 26,
    },
  );
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
