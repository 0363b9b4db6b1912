/** PGP and age in key groups, in every format of sops: what is written here, sops decrypts, and the other way. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pgp, pgpSource } from "@isosops/keys/pgp";
import { decrypt, encrypt, type Format, generateIdentity } from "isosops";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import { type GnupgHome, gnupg, makeHome, noGnupg } from "./gnupg-home.js";

const plain: Record<string, string> = {
  yaml: "a: hello\n",
  json: '{\n\t"a": "hello"\n}\n',
  dotenv: "a=hello\n",
  ini: "[s]\na = hello\n",
};

const versions = findSops();

describe.skipIf(noGnupg !== undefined || versions.length === 0)(
  "one of three key groups is of PGP, and two are needed",
  () => {
    let home: GnupgHome;
    let fingerprint: string;
    beforeAll(() => {
      home = makeHome(gnupg!);
      fingerprint = home.makeKey("group", "rsa2048", { usage: "cert,encr" });
    });
    afterAll(() => home?.remove());

    const cases = versions.flatMap((version) => Object.keys(plain).map((format) => ({ ...version, format })));
    test.each(cases)("sops $version, $format", async ({ version, path, format }) => {
      const [mine, other] = [await generateIdentity(), await generateIdentity()];
      const name = (file: string) => join(home.folder, `${file}.${format === "dotenv" ? "env" : format}`);
      const sops = (...parameters: string[]) =>
        execFileSync(path, parameters, {
          encoding: "utf8",
          cwd: home.folder,
          env: { PATH: process.env.PATH ?? "", HOME: home.folder, GNUPGHOME: home.folder, SOPS_AGE_KEY: mine.identity },
          stdio: ["ignore", "pipe", "pipe"],
        });
      const common = { format: format as Format, layout: "sops" } as const;
      const key = pgp(fingerprint, { gnupgHome: home.folder });
      const keyGroups = [[key, other.recipient], [mine.recipient], [other.recipient]];
      const ours = await encrypt(plain[format]!, { ...common, keyGroups, shamirThreshold: 2 });
      writeFileSync(name("ours"), ours.text);
      // sops 3.9.4 writes JSON without a line feed at its end.
      expect(sops("--decrypt", name("ours")).trimEnd()).toBe(plain[format]!.trimEnd());

      const group = (keys: object) => ({ hc_vault: [], ...keys });
      const rule = {
        shamir_threshold: 2,
        key_groups: [
          group({ pgp: [fingerprint] }),
          group({ age: [mine.recipient] }),
          group({ age: [other.recipient] }),
        ],
      };
      writeFileSync(join(home.folder, ".sops.yaml"), JSON.stringify({ creation_rules: [rule] }));
      writeFileSync(name("plain"), plain[format]!);
      // sops 3.9.4 panics at, or mangles, the threshold in flat formats.
      const writes = version !== "3.9.4" || ["yaml", "json"].includes(format);
      for (const text of [ours.text, ...(writes ? [sops("--encrypt", name("plain"))] : [])]) {
        const keySources = [pgpSource({ gnupgHome: home.folder })];
        const options = { ...common, identities: [mine.identity] };
        expect((await decrypt(text, { ...options, keySources })).text!.trimEnd()).toBe(plain[format]!.trimEnd());
        await expect(decrypt(text, options)).rejects.toMatchObject({ code: "no_matching_identity" });
      }
    });
  },
);
