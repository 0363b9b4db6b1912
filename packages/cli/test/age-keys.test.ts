import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateHybridIdentity, pluginIdentityText } from "@isosops/age";
import { describe, expect, test } from "vitest";
import { first, isosops, makeFolder, noSops, plainYaml, run, sops, stranger } from "./support.js";

/*
 * Every kind of recipient that sops takes in --age, and every place it looks for an identity, encrypted by one command
 * and decrypted by both.
 */

const ageVectors = (name: string): string => fileURLToPath(new URL(`../../age/test/${name}`, import.meta.url));
const sshKey = (name: string): string => readFileSync(ageVectors(`vectors/ssh/${name}`), "utf8");
const sshRecipient = (name: string): string => sshKey(`${name}.pub`).trim();
const pluginIdentity = pluginIdentityText("test", new Uint8Array(5));
// Made with age's Bech32: the prefix age1test and five zero bytes.
const pluginRecipient = "age1test1qqqqqqqqgsf9kn";
const { identity: hybrid, recipient: hybridRecipient } = await generateHybridIdentity();

const plugins = makeFolder();
copyFileSync(ageVectors("plugins/plugin.mjs"), join(plugins, "plugin.mjs"));
const wrapper = join(plugins, "age-plugin-test");
writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${join(plugins, "plugin.mjs")}' "$@"\n`);
chmodSync(wrapper, 0o755);
const PATH = `${plugins}${delimiter}${process.env.PATH}`;

interface Case {
  name: string;
  recipient: string;
  /** Files below the home folder. */
  files?: Record<string, string>;
  env?: Record<string, string>;
  exit?: number;
  message?: RegExp;
}

const said = `printf '%s\\n' "$SOPS_AGE_RECIPIENT" >> asked; `;
const cases: Case[] = [
  { name: "post-quantum", recipient: hybridRecipient, env: { SOPS_AGE_KEY: hybrid } },
  { name: "a plugin", recipient: pluginRecipient, env: { SOPS_AGE_KEY: pluginIdentity } },
  {
    name: "SSH, ed25519, SOPS_AGE_SSH_PRIVATE_KEY_FILE",
    recipient: sshRecipient("ed25519"),
    files: { "some key": sshKey("ed25519") },
    env: { SOPS_AGE_SSH_PRIVATE_KEY_FILE: "some key" },
  },
  {
    name: "SSH, RSA, SOPS_AGE_SSH_PRIVATE_KEY_CMD",
    recipient: sshRecipient("rsa"),
    files: { "some key": sshKey("rsa") },
    env: { SOPS_AGE_SSH_PRIVATE_KEY_CMD: "cat 'some key'" },
  },
  {
    name: "SSH, ~/.ssh/id_ed25519",
    recipient: sshRecipient("ed25519"),
    files: { ".ssh/id_ed25519": sshKey("ed25519"), ".ssh/id_rsa": sshKey("rsa-pkcs8") },
  },
  { name: "SSH, ~/.ssh/id_rsa", recipient: sshRecipient("rsa-pkcs1"), files: { ".ssh/id_rsa": sshKey("rsa-pkcs1") } },
  {
    name: "SOPS_AGE_KEY_CMD, which is told the recipient",
    recipient: first.recipient,
    files: { "fetch.sh": `${said}echo '# fetched'; echo ${first.identity}` },
    env: { SOPS_AGE_KEY_CMD: "sh fetch.sh" },
  },
  {
    name: "several places, all of them wrong but one",
    recipient: hybridRecipient,
    files: { ".ssh/id_ed25519": sshKey("ed25519"), "config/sops/age/keys.txt": hybrid },
    env: { SOPS_AGE_KEY: stranger.identity, SOPS_AGE_KEY_CMD: "false", SOPS_AGE_SSH_PRIVATE_KEY_CMD: "echo nothing" },
  },
  {
    name: "an encrypted SSH key that is not needed",
    recipient: first.recipient,
    files: { ".ssh/id_ed25519": sshKey("ed25519-encrypted") },
    env: { SOPS_AGE_KEY: first.identity },
  },
  {
    name: "nothing fits: all places are named",
    recipient: first.recipient,
    files: { ".ssh/id_ed25519": sshKey("ed25519"), ".ssh/id_rsa": "nonsense" },
    env: {
      SOPS_AGE_KEY: stranger.identity,
      SOPS_AGE_KEY_CMD: "sh -c 'exit 3'",
      SOPS_AGE_SSH_PRIVATE_KEY_CMD: "no-such-command --password hunter2",
      SOPS_AGE_SSH_PRIVATE_KEY_FILE: "gone",
    },
    exit: 128,
    message:
      /SOPS_AGE_SSH_PRIVATE_KEY_FILE, gone \(no such file\); SOPS_AGE_SSH_PRIVATE_KEY_CMD \(the command cannot be run: .*\); .*id_ed25519 \(1 SSH key\); .*id_rsa \(no SSH private key\); SOPS_AGE_KEY \(1 key\); SOPS_AGE_KEY_FILE \(not set\); SOPS_AGE_KEY_CMD \(the command failed with exit code 3\); .*keys\.txt \(no such file\)/,
  },
];

function home({ files = {} }: Case): string {
  const folder = makeFolder({ "plain.yaml": plainYaml });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  }
  return folder;
}

const encrypt = (recipient: string): string[] => ["--encrypt", "--age", recipient, "plain.yaml"];

// A command that a shell runs, as the plugin is found here, is not to be had on Windows.
describe.skipIf(process.platform === "win32")("age keys", { concurrent: true }, () => {
  test.for(cases)("$name", async (given, { skip }) => {
    const cwd = home(given);
    const env = { ...given.env, PATH };
    const ours = await isosops(encrypt(given.recipient), { cwd, env: { PATH } });
    expect(ours.exit, ours.stderr).toBe(0);
    writeFileSync(join(cwd, "ours.yaml"), ours.stdout);
    const opened = await isosops(["-d", "ours.yaml"], { cwd, env });
    expect(opened.exit, opened.stderr).toBe(given.exit ?? 0);
    if (given.exit === undefined) expect(opened.stdout).toBe(plainYaml);
    if (given.message !== undefined) expect(opened.stderr).toMatch(given.message);
    expect(opened.stderr).not.toContain("hunter2");
    if (given.env?.SOPS_AGE_KEY_CMD === "sh fetch.sh") {
      expect(readFileSync(join(cwd, "asked"), "utf8")).toBe(`${given.recipient}\n`);
    }
    if (sops === undefined) return skip(noSops);

    const theirs = await run(sops, encrypt(given.recipient), { cwd, env: { PATH } });
    expect(theirs.exit, theirs.stderr).toBe(0);
    writeFileSync(join(cwd, "theirs.yaml"), theirs.stdout);
    for (const file of ["ours.yaml", "theirs.yaml"]) {
      const ourView = await isosops(["-d", "--layout", "sops", file], { cwd, env });
      const theirView = await run(sops, ["-d", file], { cwd, env });
      expect(ourView.exit, ourView.stderr).toBe(given.exit ?? 0);
      expect(theirView.exit, theirView.stderr).toBe(given.exit ?? 0);
      if (given.exit === undefined) expect(ourView.stdout).toBe(theirView.stdout);
    }
  });

  test.for([
    ["an SSH key of another type", `ssh-${sshRecipient("ecdsa")}`],
    ["a damaged one of a plugin", pluginRecipient.slice(0, -1)],
    ["a damaged SSH key", sshRecipient("ed25519").slice(0, 40)],
  ] as const)("a recipient that is refused: %s", async ([, recipient], { skip }) => {
    const cwd = makeFolder({ "plain.yaml": plainYaml });
    const ours = await isosops(encrypt(recipient), { cwd });
    expect(ours.exit).toBe(1);
    if (sops === undefined) return skip(noSops);
    expect((await run(sops, encrypt(recipient), { cwd })).exit).toBe(1);
  });
});
