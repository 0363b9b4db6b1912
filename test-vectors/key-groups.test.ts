/** Files with several key groups, whose data key is split into shares (Shamir): what sops writes we open, and the other way. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { decrypt, encrypt } from "../packages/isosops/dist/index.js";
import { findSops, readKey, runSops, sopsVersions } from "./tools.js";

const keys = [readKey("first"), readKey("second"), readKey("stranger")];
const plain = { yaml: "password: correct horse\n", json: '{\n\t"password": "correct horse"\n}\n' };

/** The keys of each group by their numbers, the threshold, and which keys together open the file and which do not. */
const splits: { groups: number[][]; threshold?: number; open: number[][]; closed: number[][] }[] = [
  { groups: [[0], [1]], open: [[0, 1]], closed: [[0], [1]] },
  {
    groups: [[0], [1], [2]],
    threshold: 2,
    open: [
      [0, 1],
      [0, 2],
      [2, 1],
    ],
    closed: [[0], [1], [2]],
  },
  {
    groups: [[0], [1], [2]],
    threshold: 3,
    open: [[2, 0, 1]],
    closed: [
      [0, 1],
      [1, 2],
      [0, 2],
    ],
  },
  {
    groups: [[0, 1], [1, 2], [0], [2]],
    threshold: 3,
    open: [
      [0, 1],
      [0, 2],
      [1, 2],
    ],
    closed: [[0], [1], [2]],
  },
];

const folders = mkdtempSync(join(tmpdir(), "isosops-key-groups-"));
afterAll(() => rmSync(folders, { recursive: true, force: true }));

function writeConfig(groups: string[][], threshold: number | undefined): string {
  const path = join(mkdtempSync(join(folders, "config-")), ".sops.yaml");
  const rule = { key_groups: groups.map((age) => ({ age })), ...(threshold && { shamir_threshold: threshold }) };
  writeFileSync(path, JSON.stringify({ creation_rules: [rule] }));
  return path;
}

const identitiesOf = (picked: number[]) => picked.map((index) => keys[index]!.identity);

const binaries = findSops();

for (const version of sopsVersions) {
  const binary = binaries.find((found) => found.version === version);
  const reason = binary ? "" : " (skipped: it was not found; name it in SOPS_BIN, or run test-vectors/install.js)";

  describe.skipIf(binary === undefined)(`sops ${version}${reason}`, () => {
    const opened = async (format: keyof typeof plain, text: string, picked: number[]) => {
      const result = await runSops(binary!, ["--decrypt"], { text, format, identities: identitiesOf(picked) });
      return result.exit === 0 ? result.output.replaceAll(/\s/g, "") : result.exit;
    };

    describe.each(splits)("groups $groups, threshold $threshold", ({ groups, threshold, open, closed }) => {
      const keyGroups = groups.map((group) => group.map((index) => keys[index]!.recipient));

      test.each(["yaml", "json"] as const)("%s: it opens what we write", async (format) => {
        const options = { format, keyGroups, ...(threshold && { shamirThreshold: threshold }) };
        const { text } = await encrypt(plain[format], options);
        for (const picked of open) {
          expect([picked, await opened(format, text, picked)]).toEqual([picked, plain[format].replaceAll(/\s/g, "")]);
        }
        for (const picked of closed) expect([picked, await opened(format, text, picked)]).toEqual([picked, 128]);
      });

      test.each(["yaml", "json"] as const)("%s: we open what it writes", async (format) => {
        const flags = ["--config", writeConfig(keyGroups, threshold), "--encrypt"];
        const { exit, output, message } = await runSops(binary!, flags, { text: plain[format], format });
        expect(exit, message).toBe(0);
        for (const picked of open) {
          const { text } = await decrypt(output, { format, identities: identitiesOf(picked) });
          expect(text.replaceAll(/\s/g, "")).toBe(plain[format].replaceAll(/\s/g, ""));
        }
        for (const picked of closed) {
          const identities = identitiesOf(picked);
          await expect(decrypt(output, { format, identities })).rejects.toMatchObject({
            code: "no_matching_identity",
          });
        }
      });
    });
  });
}
