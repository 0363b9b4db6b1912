/**
 * Runs the tests of programs that call sops, with `sops` on the PATH being a link to our command, beside the same with real
 * sops: `node test-vectors/clients/run.js [SUITE...] [PGP] [age]`. What passes with sops has to pass with ours.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findSops, readKey, sopsVersions } from "../tools.js";
import * as communitySops from "./suites/community-sops.js";
import * as helmSecrets from "./suites/helm-secrets.js";
import * as functionalTests from "./suites/sops.js";
import * as sopsy from "./suites/sopsy.js";
import * as vscodeSops from "./suites/vscode-sops.js";

/**
 * @typedef {object} Place what a suite runs in
 * @property {string} folder its own; empty at first
 * @property {"PGP" | "age"} variant
 * @property {{ recipient: string, identity: string }[]} keys three of age; the identities of the first two are in `env`
 * @property {Record<string, string>} env with the `sops` to test on its PATH, and no keys and settings of the user
 *
 * @typedef {object} Suite
 * @property {string} name
 * @property {readonly string[]} variants
 * @property {(place: Place) => Promise<Map<string, boolean>>} run whether each test has passed; those that the suite skips are
 *   left out. Throws where the suite cannot run here.
 */

/** @type {readonly Suite[]} */
const suites = [functionalTests, helmSecrets, communitySops, sopsy, vscodeSops];

const real = findSops().find(({ version }) => version === sopsVersions[0])?.path;
if (real === undefined) {
  console.log(`skipped: there is no sops ${sopsVersions[0]} (set SOPS_BIN, or run test-vectors/install.js)`);
  process.exit();
}
const ours = fileURLToPath(new URL("../../packages/cli/bin/isosops.cjs", import.meta.url));
const keys = ["first", "second", "stranger"].map(readKey);
const isVariant = (word) => word === "PGP" || word === "age";
const wanted = process.argv.slice(2).filter((word) => !isVariant(word));
const wantedVariants = process.argv.slice(2).filter(isVariant);

for (const suite of suites) {
  if (wanted.length > 0 && !wanted.includes(suite.name)) continue;
  for (const variant of suite.variants) {
    if (wantedVariants.length > 0 && !wantedVariants.includes(variant)) continue;
    const title = `${suite.name} (${variant})`;
    try {
      const control = await runWith(real, suite, variant);
      const passed = [...control].filter(([, ok]) => ok).map(([name]) => name);
      const result = await runWith(ours, suite, variant);
      const failed = passed.filter((name) => result.get(name) !== true);
      console.log(
        `${title}: ${passed.length - failed.length} of ${passed.length}; sops itself ${passed.length} of ${control.size}`,
      );
      for (const name of failed) console.log(`  fails with isosops alone: ${name}`);
      if (failed.length > 0) process.exitCode = 1;
    } catch (error) {
      console.log(`${title}: skipped: ${error.message}`);
    }
  }
}

async function runWith(sops, suite, variant) {
  const folder = mkdtempSync(join(tmpdir(), "isosops-clients-"));
  try {
    for (const name of ["bin", "home", "gnupg", "work"]) mkdirSync(join(folder, name));
    chmodSync(join(folder, "gnupg"), 0o700);
    symlinkSync(sops, join(folder, "bin", "sops"));
    const env = {
      ...tools(),
      PATH: [join(folder, "bin"), dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: join(folder, "home"),
      GNUPGHOME: join(folder, "gnupg"),
      LANG: "C.UTF-8",
      ...(variant === "age" ? { SOPS_AGE_KEY: `${keys[0].identity}\n${keys[1].identity}` } : {}),
    };
    return await suite.run({ folder: join(folder, "work"), variant, keys, env });
  } finally {
    try {
      execFileSync("gpgconf", ["--homedir", join(folder, "gnupg"), "--kill", "all"], { stdio: "ignore" });
    } catch {
      // Without gpg, no agent was started.
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Where tools of the machine keep what they have installed. */
function tools() {
  const { HOME, CARGO_HOME = join(HOME, ".cargo"), RUSTUP_HOME = join(HOME, ".rustup") } = process.env;
  return { CARGO_HOME, RUSTUP_HOME };
}
