import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { first, isosops, makeFolder, noSops, run, sops, vectorPath } from "./support.js";

const env = { SOPS_AGE_KEY: first.identity };
const read = (path: string) => readFileSync(vectorPath(path), "utf8");
const yaml = read("good/comments/encrypted-3.13.3.yaml");
const envFile = read("good/env-basic/encrypted-3.13.3.env");

/** All that is read with a warning: the file, its text, what is said, and whether sops says anything. */
const cases: [name: string, text: string, said: RegExp, inSops: "opened" | "warned" | "refused"][] = [
  ["comment.yaml", yaml.replace(/(?<=#ENC\[\S*tag:)[\w+/]{4}/, ""), /An encrypted comment does not decrypt/, "warned"],
  ["added.yaml", `# plain-secret-1\n${yaml}`, /comment is in plain text.*encrypts/, "warned"],
  ["version.yaml", yaml.replace(/^ +version: .*\n/m, ""), /no `version`, as in files of rops/, "refused"],
  ["time.yaml", yaml.replace(/lastmodified: "(.*)"/, "lastmodified: $1"), /no quotes.*double quotes/, "refused"],
  ["crlf.env", envFile.replaceAll("\n", "\r\n"), /carriage return.*sed -i 's\/\\r\$\/\/' FILE.*eol=lf/, "refused"],
];

test.for(cases)("%s is decrypted and changed, and said on stderr", async ([name, text, said, inSops], { skip }) => {
  const cwd = makeFolder({ [name]: text });
  const decrypted = await isosops(["decrypt", name], { cwd, env });
  expect([decrypted.exit, decrypted.stderr]).toEqual([0, expect.stringMatching(said)]);
  expect(decrypted.stderr).toMatch(new RegExp(`^warning: ${name}(, line \\d+)?: `));
  expect(decrypted.stdout).not.toMatch(/warning/);
  const key = name.endsWith(".env") ? '["NEW"]' : '["new"]';
  const changed = await isosops(["set", name, key, '"value"'], { cwd, env });
  expect([changed.exit, changed.stderr]).toEqual([0, expect.stringMatching(said)]);
  const extracted = await isosops(["decrypt", "--extract", key, name], { cwd, env });
  expect([extracted.exit, extracted.stdout]).toEqual([0, "value"]);
  if (sops === undefined) return skip(noSops);
  const folder = makeFolder({ [name]: text });
  const theirs = await run(sops, ["decrypt", name], { cwd: folder, env });
  expect(theirs.exit === 0).toBe(inSops !== "refused");
  if (inSops === "warned") expect(theirs.stderr).toMatch(/possibly unencrypted comment/);
});

test("an ENV file that Git made CRLF is read by sops again after what verify and decrypt tell to do", async () => {
  const cwd = makeFolder({ "crlf.env": envFile.replaceAll("\n", "\r\n") });
  const { exit, stdout } = await isosops(["verify", "crlf.env"], { cwd });
  expect([exit, stdout.replace(/\s+/g, " ")]).toEqual([10, expect.stringMatching(/end with a carriage return/)]);
  const doctor = await isosops(["doctor", "crlf.env"], { cwd, env });
  expect(doctor.stdout).not.toMatch(/lastmodified/);
  const command = /sed -i 's\/\\r\$\/\/' FILE/
    .exec(stdout.replace(/\s+/g, " "))![0]
    .replace("FILE", join(cwd, "crlf.env"));
  await run("sh", ["-c", command], { cwd });
  expect(readFileSync(join(cwd, "crlf.env"), "utf8")).toBe(envFile);
});
