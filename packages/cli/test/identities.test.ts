import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { first, isosops, keyPath, makeFolder, noSops, run, second, sops, stranger, vectorPath } from "./support.js";

const locked = readFileSync(vectorPath("good/two-recipients/encrypted-3.13.3.yaml"), "utf8");

interface Case {
  name: string;
  env?: Record<string, string>;
  /** Text for the default place. */
  keys?: string;
  exit: number;
  message?: RegExp;
}

const malformed = first.identity.slice(0, -1);
const cases: Case[] = [
  { name: "SOPS_AGE_KEY", env: { SOPS_AGE_KEY: first.identity }, exit: 0 },
  { name: "the other recipient's key", env: { SOPS_AGE_KEY: second.identity }, exit: 0 },
  { name: "several on a line", env: { SOPS_AGE_KEY: `${stranger.identity} ${first.identity}` }, exit: 0 },
  {
    name: "several lines with a comment",
    env: { SOPS_AGE_KEY: `# mine\n${stranger.identity}\n\n${first.identity}\n` },
    exit: 0,
  },
  { name: "SOPS_AGE_KEY_FILE", env: { SOPS_AGE_KEY_FILE: keyPath("first") }, exit: 0 },
  { name: "the default place", keys: `# created: today\n${first.identity}\n`, exit: 0 },
  { name: "a key file with Windows line ends", keys: `# created: today\r\n${first.identity}\r\n`, exit: 0 },
  {
    name: "a wrong key here, the right one there",
    env: { SOPS_AGE_KEY: stranger.identity },
    keys: first.identity,
    exit: 0,
  },
  {
    name: "a malformed key here, the right one there",
    env: { SOPS_AGE_KEY: malformed },
    keys: first.identity,
    exit: 0,
  },
  {
    name: "a missing file here, the right key there",
    env: { SOPS_AGE_KEY: first.identity, SOPS_AGE_KEY_FILE: "gone.txt" },
    exit: 0,
  },
  { name: "an empty SOPS_AGE_KEY", env: { SOPS_AGE_KEY: "" }, exit: 128, message: /SOPS_AGE_KEY \(no key\)/ },
  {
    name: "a key file that is a folder",
    env: { SOPS_AGE_KEY_FILE: "." },
    exit: 128,
    message: /SOPS_AGE_KEY_FILE, \. \(it is a folder\)/,
  },
  {
    name: "wrong keys everywhere",
    env: { SOPS_AGE_KEY: stranger.identity, SOPS_AGE_KEY_FILE: keyPath("stranger") },
    keys: stranger.identity,
    exit: 128,
    message: /SOPS_AGE_KEY \(1 key\); SOPS_AGE_KEY_FILE, .* \(1 key\); .*keys\.txt \(1 key\)/,
  },
  {
    name: "words that are no key",
    keys: "hello\nworld\n",
    exit: 128,
    message: /line 1 is not an age identity, line 2 is not an age identity/,
  },
];

describe.concurrent("age identities", () => {
  test.for(cases)("$name", async ({ env = {}, keys, exit, message }, { skip }) => {
    const cwd = makeFolder({ "locked.yaml": locked });
    if (keys !== undefined) {
      mkdirSync(join(cwd, "config", "sops", "age"), { recursive: true });
      writeFileSync(join(cwd, "config", "sops", "age", "keys.txt"), keys);
    }
    const ours = await isosops(["-d", "locked.yaml"], { cwd, env });
    expect(ours.exit, ours.stderr).toBe(exit);
    if (exit !== 0) expect(ours.stdout).toBe("");
    if (message !== undefined) expect(ours.stderr).toMatch(message);
    if (sops === undefined) return skip(noSops);
    const theirs = await run(sops, ["-d", "locked.yaml"], { cwd, env });
    expect(theirs.exit, theirs.stderr).toBe(exit);
    if (exit === 0) expect(ours.stdout).toBe(theirs.stdout);
  });

  test("the default place without XDG_CONFIG_HOME", async () => {
    const cwd = makeFolder({ "locked.yaml": locked });
    const config = process.platform === "darwin" ? join(cwd, "Library", "Application Support") : join(cwd, ".config");
    mkdirSync(join(config, "sops", "age"), { recursive: true });
    writeFileSync(join(config, "sops", "age", "keys.txt"), first.identity);
    const { exit, stderr } = await isosops(["-d", "locked.yaml"], {
      cwd,
      env: { XDG_CONFIG_HOME: "", APPDATA: config },
    });
    expect(exit, stderr).toBe(0);
  });
});
