/** The unit tests of helm-secrets, in bats. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { findHelms } from "../../helm.js";
import { copyOf } from "../repositories.js";
import { rewrapFolder } from "../to-age.js";

export const name = "helm-secrets";
export const variants = ["PGP", "age"];

export async function run({ folder, variant, keys, env: given }) {
  const [helm] = findHelms();
  if (helm === undefined) throw new Error("there is no helm (run test-vectors/install.js)");
  const copy = copyOf("jkroepke/helm-secrets", join(folder, "helm-secrets"));
  for (const [path, repository] of Object.entries({
    core: "bats-core/bats-core",
    "extensions/bats-assert": "bats-core/bats-assert",
    "extensions/bats-file": "bats-core/bats-file",
    "extensions/bats-support": "bats-core/bats-support",
  })) {
    rmSync(join(copy, "tests/bats", path), { recursive: true, force: true });
    copyOf(repository, join(copy, "tests/bats", path));
  }
  // The suite installs the plugin of a version, unless there is one.
  const plugins = join(copy, "tests/.tmp/cache", execFileSync("uname", { encoding: "utf8" }).trim(), "helm/plugins");
  mkdirSync(plugins, { recursive: true });
  copyOf("aslafy-z/helm-git", join(plugins, "helm-git"));
  // The suite has a home folder of its own, with the keyring in it.
  const { GNUPGHOME: _, ...rest } = given;
  const env = { ...rest, PATH: [given.PATH, dirname(helm)].join(delimiter), TMPDIR: folder };
  if (variant === "age") {
    const assets = join(copy, "tests/assets");
    for (const file of ["private.gpg", "private2.gpg"]) {
      execFileSync("gpg", ["--batch", "--import", join(assets, "gpg", file)], { env: given, stdio: "ignore" });
    }
    rewrapFolder(
      assets,
      {
        D6174A02027050E59C711075B430C4E58E2BBBA3: keys[0].recipient,
        "030CB93CA6080585BB7B4453CD92EAD13B038F38": keys[1].recipient,
      },
      given,
    );
  }
  const bats = join(copy, "tests/bats/core/bin/bats");
  if (!existsSync(bats)) throw new Error("there is no bats");
  const { stdout } = spawnSync(bats, ["--tap", "--recursive", "tests/unit"], {
    cwd: copy,
    env,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const results = [...stdout.matchAll(/^(ok|not ok) \d+ (.*?)( # skip.*)?$/gm)].filter(([, , , skipped]) => !skipped);
  if (results.length < 2) throw new Error(`the tests have not run: ${stdout.trim().split("\n").at(-1)}`);
  return new Map(results.map(([, outcome, test]) => [test, outcome === "ok"]));
}
