/** Folders of GnuPG with keys for the tests, each with an agent of its own. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findGnupgs, type Gnupg, isModern } from "../../../test-vectors/gnupg.js";

/** The GnuPG of the system; undefined if there is none. */
export const gnupg: Gnupg | undefined = findGnupgs()[0];

/** One that has v5 keys and OCB; undefined if there is none. */
export const modernGnupg: Gnupg | undefined = findGnupgs().find(isModern);

/** Why tests are skipped; undefined if they are not. */
export const noGnupg: string | undefined =
  gnupg === undefined ? "there is no gpg: install GnuPG, or set GPG_BIN" : undefined;
export const noModernGnupg: string | undefined =
  modernGnupg === undefined ? "there is no GnuPG 2.4: run `node test-vectors/install.js`, or set GPG_BIN" : undefined;

for (const reason of [noGnupg, noModernGnupg]) {
  if (reason === undefined) continue;
  console.warn(`Tests with PGP are skipped: ${reason}.`);
  if (process.env.ISOSOPS_REQUIRE_LIVE && process.env.ISOSOPS_REQUIRE_GNUPG) throw new Error(reason);
}

export interface GnupgHome {
  readonly folder: string;
  /** Run gpg in it, and give what it prints. */
  gpg(parameters: readonly string[], input?: string | Uint8Array): Buffer;
  /**
   * Make a key of an algorithm that gpg knows, without a subkey.
   *
   * @returns its fingerprint
   */
  makeKey(name: string, algorithm: string, options?: MakeKeyOptions): string;
  /** Add a subkey for encryption, and give its fingerprint. */
  addSubkey(fingerprint: string, algorithm: string, options?: MakeKeyOptions): string;
  publicKey(fingerprint: string): Buffer;
  privateKey(fingerprint: string, passphrase?: string): Buffer;
  /** Let the agent forget passphrases, and start the next time with these lines of `gpg-agent.conf`. */
  restartAgent(settings?: readonly string[]): void;
  remove(): void;
}

interface MakeKeyOptions {
  readonly usage?: string;
  readonly expires?: string;
  readonly passphrase?: string;
  /** `20200101T000000` */
  readonly at?: string;
}

/** Do it up to ten times, as long as it fails with this text. */
function retry(action: () => unknown, text: string): void {
  for (let left = 10; ; left--) {
    try {
      action();
      return;
    } catch (error) {
      if (left === 1 || !(error as Error).message.includes(text)) throw error;
    }
  }
}

/** @param settings the lines of its `gpg.conf` */
export function makeHome({ path }: Gnupg, settings: readonly string[] = []): GnupgHome {
  const folder = mkdtempSync(join(tmpdir(), "isosops-gpg-"));
  writeFileSync(join(folder, "gpg.conf"), settings.map((line) => `${line}\n`).join(""));
  const gpg = (parameters: readonly string[], input: string | Uint8Array = "") =>
    execFileSync(path, ["--homedir", folder, "--quiet", "--batch", ...parameters], {
      input,
      stdio: ["pipe", "pipe", "pipe"],
      env: { PATH: process.env.PATH ?? "", HOME: folder, LC_ALL: "C" },
    });
  const prelude = ({ passphrase = "", at }: MakeKeyOptions) => [
    ...["--pinentry-mode", "loopback", "--passphrase", passphrase],
    ...(at === undefined ? [] : ["--faked-system-time", `${at}!`]),
  ];
  const fingerprints = (name: string) =>
    gpg(["--with-colons", "--with-subkey-fingerprint", "--list-keys", name])
      .toString()
      .split("\n")
      .filter((line) => line.startsWith("fpr:"))
      .map((line) => line.split(":")[9]!);
  const killAgent = () => {
    try {
      execFileSync("gpgconf", ["--homedir", folder, "--kill", "all"], { stdio: "ignore" });
    } catch {}
  };
  const restartAgent = (more: readonly string[] = []) => {
    killAgent();
    // To measure how many rounds take a tenth of a second takes seconds where other tests run.
    writeFileSync(join(folder, "gpg-agent.conf"), ["s2k-count 65536", ...more].map((line) => `${line}\n`).join(""));
  };
  restartAgent();
  return {
    folder,
    gpg,
    makeKey(name, algorithm, options = {}) {
      const { usage = "cert,sign", expires = "never" } = options;
      const request = [
        ...prelude(options),
        "--quick-generate-key",
        `${name} <${name}@example.com>`,
        algorithm,
        usage,
        expires,
      ];
      // GnuPG 2.4.7 does not find the private key again for one in sixty of the ed448 keys that it makes.
      retry(() => gpg(request), "signing failed: No secret key");
      return fingerprints(`${name}@example.com`)[0]!;
    },
    addSubkey(fingerprint, algorithm, options = {}) {
      const { usage = "encr", expires = "never" } = options;
      gpg([...prelude(options), "--quick-add-key", fingerprint, algorithm, usage, expires]);
      return fingerprints(fingerprint).at(-1)!;
    },
    publicKey: (fingerprint) => gpg(["--export", fingerprint]),
    privateKey: (fingerprint, passphrase = "") =>
      gpg([...prelude({ passphrase }), "--export-secret-keys", fingerprint]),
    restartAgent,
    remove() {
      killAgent();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
