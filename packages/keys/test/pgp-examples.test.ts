/** The files that sops brings, which its functional test key opens: ours gives what the real sops gives. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pgpSource } from "@isosops/keys/pgp";
import { decrypt, type Format, type SopsError } from "isosops";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import { type GnupgHome, gnupg, makeHome, noGnupg } from "./gnupg-home.js";

/** Where Go keeps what it has built sops from. */
function sourceOf(version: string): string {
  let modules = process.env.GOMODCACHE ?? join(homedir(), "go/pkg/mod");
  try {
    modules = execFileSync("go", ["env", "GOMODCACHE"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {}
  return join(modules, "github.com/getsops/sops", `v3@v${version}`);
}

const binary = findSops().find(({ version }) => version === "3.13.3");
const source = sourceOf("3.13.3");
const missing =
  noGnupg ??
  (binary === undefined ? "there is no sops 3.13.3: set SOPS_BIN" : undefined) ??
  (existsSync(source) ? undefined : "Go has not built sops 3.13.3 here: run `node test-vectors/install.js`");
if (missing !== undefined) console.warn(`sops's own example files are skipped: ${missing}.`);

const formats: Record<string, Format> = { yaml: "yaml", json: "json", ini: "ini", env: "dotenv", txt: "binary" };

const folders = ["", "examples/all_in_one/config", "examples/per_file/config.enc", "functional-tests/res"];
const files =
  missing !== undefined
    ? []
    : folders
        .flatMap((folder) => readdirSync(join(source, folder)).map((name) => join(folder, name)))
        .filter((name) => /\.(?:yaml|json|ini|env|txt)$/.test(name))
        .filter((name) => readFileSync(join(source, name), "utf8").includes("BEGIN PGP MESSAGE"));

describe.skipIf(missing !== undefined)("the example files of sops", () => {
  let home: GnupgHome;
  const key = () => readFileSync(join(source, "pgp/sops_functional_tests_key.asc"), "utf8");
  beforeAll(() => {
    home = makeHome(gnupg!);
    home.gpg(["--import"], key());
  });
  afterAll(() => home?.remove());

  test("are there", () => expect(files.length).toBeGreaterThan(12));

  test.each(files)("%s", async (name) => {
    const text = readFileSync(join(source, name), "utf8");
    const format = formats[/\w+$/.exec(name)![0]]!;
    for (const keySource of [pgpSource({ privateKeys: key(), gpg: false }), pgpSource({ gnupgHome: home.folder })]) {
      const ours = await decrypt(text, { format, layout: "sops", keySources: [keySource] }).then(
        (result) => Buffer.from(result.bytes).toString(),
        (error: SopsError) => error.code,
      );
      expect(ours).toBe(bySops(name, home));
    }
  });
});

/** The text, or the code of our error for the exit code of sops. */
function bySops(name: string, home: GnupgHome): string {
  const env = { PATH: process.env.PATH ?? "", HOME: home.folder, GNUPGHOME: home.folder };
  try {
    return execFileSync(binary!.path, ["--decrypt", join(source, name)], {
      encoding: "utf8",
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    return { 51: "mac_missing" }[(error as { status: number }).status] ?? "another error";
  }
}
