/** What doctor and lint name as the cause, and whether the command that they print mends it: it is run. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bin, first, isosops, makeFolder, run, skippedWithoutSops, sops } from "./support.js";

const cluster = `kind: ImportCluster
spec:
  sops:
    decryption: true
  stacks:
  - name: web
    manifests:
    - name: shop
      from_file: shop.yaml
      encrypted_paths: [password]
  - name: two
    manifests:
    - name: shop
      from_file: other.yaml
      encrypted_paths: [password]
`;

const manifest = (name: string) => `apiVersion: v1
kind: Secret
metadata:
  name: ${name}
stringData:
  user: ${name}
  password: plain-secret-1
`;

interface Breakage {
  /** What is done to the files, which are encrypted and committed. */
  breaks(team: Team): void | Promise<void>;
  /** Who finds it, and what is said. */
  by: "doctor" | "lint" | "verify";
  says: RegExp;
  /** The command among those that are printed; the first one when left out. */
  command?: RegExp;
  /** Added to it where nobody is asked. */
  flags?: string;
}

interface Team {
  cwd: string;
  env: Record<string, string>;
  edit(name: string, change: (text: string) => string): void;
  git(...args: string[]): void;
  call(...args: string[]): Promise<{ exit: number | null; stdout: string; stderr: string }>;
}

async function makeTeam(): Promise<Team> {
  const folder = makeFolder();
  const cwd = join(folder, "repository");
  mkdirSync(cwd);
  const env = {
    ISOSOPS_HOME: join(folder, "home"),
    SOPS_AGE_KEY: first.identity,
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, "config"),
  };
  const git = (...args: string[]) => {
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], { cwd, stdio: "pipe" });
  };
  const team: Team = {
    cwd,
    env,
    edit(name, change) {
      const path = join(cwd, name);
      const before = readFileSync(path, "utf8");
      const after = change(before);
      expect(after).not.toBe(before);
      writeFileSync(path, after);
    },
    git,
    call: (...args) => isosops(args, { cwd, env, noTerminal: true }),
  };
  writeFileSync(join(cwd, "cluster.yaml"), cluster);
  for (const name of ["shop", "other"]) writeFileSync(join(cwd, `${name}.yaml`), manifest(name));
  expect((await team.call("org", "init", "--recipient", first.recipient)).exit).toBe(0);
  expect((await team.call("cluster", "encrypt", "stack")).exit).toBe(0);
  git("init", "--quiet", "--initial-branch", "main");
  git("add", ".");
  git("commit", "--quiet", "--message", "all");
  return team;
}

const ciphertext = /ENC\[AES256_GCM,[^\]]*\]/;

const breakages: Record<string, Breakage> = {
  "a value that was edited to plain text (lint)": {
    breaks: (team) => team.edit("shop.yaml", (text) => text.replace(ciphertext, "plain-secret-2")),
    by: "lint",
    says: /password is marked for encryption, and a value of it is in plain text/,
    flags: "--accept-changes",
  },
  "a value that was edited to plain text (doctor)": {
    breaks: (team) => team.edit("shop.yaml", (text) => text.replace(ciphertext, "plain-secret-2")),
    by: "doctor",
    says: /it is plain/,
    command: /^isosops repair/,
    flags: "--accept-changes",
  },
  "a value that was edited to plain text (verify)": {
    breaks: (team) => team.edit("shop.yaml", (text) => text.replace(ciphertext, "plain-secret-2")),
    by: "verify",
    says: /plain-value/,
    flags: "--accept-changes",
  },
  "the plaintext itself in the place of its ciphertext": {
    breaks: (team) => team.edit("shop.yaml", (text) => text.replace(ciphertext, "plain-secret-1")),
    by: "lint",
    says: /in plain text/,
  },
  "a plain value that was edited": {
    breaks: (team) => team.edit("shop.yaml", (text) => text.replace("user: shop", "user: mall")),
    by: "doctor",
    says: /MAC does not fit/,
    command: /^isosops repair/,
    flags: "--accept-changes",
  },
  "a plain value that was removed": {
    breaks: (team) => team.edit("shop.yaml", (text) => text.replace("  user: shop\n", "")),
    by: "doctor",
    says: /MAC does not fit/,
    command: /^isosops repair/,
    flags: "--accept-changes",
  },
  "a value that was added under a name that is encrypted": {
    breaks: (team) =>
      team.edit("shop.yaml", (text) => text.replace("metadata:\n", "metadata:\n  password: plain-secret-2\n")),
    by: "lint",
    says: /in plain text/,
    flags: "--accept-changes",
  },
  "a MAC that was taken out": {
    breaks: (team) => team.edit("shop.yaml", (text) => text.replace(/^ +mac: .*\n/m, "")),
    by: "doctor",
    says: /has no MAC/,
    command: /^isosops repair/,
    flags: "--accept-changes",
  },
  "a time that was changed": {
    breaks: (team) => team.edit("shop.yaml", (text) => text.replace(/lastmodified: "\d{4}/, 'lastmodified: "1999')),
    by: "doctor",
    says: /MAC does not decrypt/,
    command: /^isosops repair/,
    flags: "--accept-changes",
  },
  "a merge that was left half done (lint)": {
    breaks: conflict,
    by: "lint",
    says: /conflict markers of Git/,
    command: /--ours/,
  },
  "a merge that was left half done (doctor)": {
    breaks: conflict,
    by: "doctor",
    says: /conflict markers of Git/,
    command: /--theirs/,
  },
  "a merge that was left half done (verify)": {
    breaks: conflict,
    by: "verify",
    says: /conflict markers of Git/,
    command: /--ours/,
  },
  "a mark in the wrong case (lint)": {
    breaks: (team) => team.edit("cluster.yaml", (text) => text.replace("[password]", "[Password]")),
    by: "lint",
    says: /There is no key Password\. Did you mean password/,
  },
  "a mark in the wrong case (doctor)": {
    breaks: (team) => team.edit("cluster.yaml", (text) => text.replace("[password]", "[PASSWORD]")),
    by: "doctor",
    says: /There is no key PASSWORD\. Did you mean password/,
    command: /^isosops cluster encrypt/,
  },
  "a mark that was taken out": {
    breaks: (team) => team.edit("cluster.yaml", (text) => text.replace("[password]", "[]")),
    by: "lint",
    says: /not among `encrypted_paths`: stringData\.password/,
  },
  "a mark of something that is not encrypted yet": {
    breaks: (team) => team.edit("cluster.yaml", (text) => text.replace("[password]", "[password, user]")),
    by: "lint",
    says: /user is marked for encryption/,
  },
  "a manifest that was decrypted": {
    breaks: (team) => writeFileSync(join(team.cwd, "shop.yaml"), manifest("shop")),
    by: "lint",
    says: /the file is in plain text/,
  },
  "decryption that is disabled": {
    breaks: (team) => team.edit("cluster.yaml", (text) => text.replace("decryption: true", "decryption: false")),
    by: "doctor",
    says: /Decryption is disabled/,
    command: /^isosops cluster decryption enable/,
  },
  "a file of before a rotation": {
    breaks: async (team) => {
      expect((await team.call("org", "rotate")).exit).toBe(0);
    },
    by: "doctor",
    says: /is taking the place of/,
    command: /^isosops org reencrypt/,
  },
  "encryption that is disabled": {
    breaks: async (team) => {
      expect((await team.call("org", "disable")).exit).toBe(0);
    },
    by: "doctor",
    says: /Encryption is disabled/,
    command: /^isosops org enable/,
  },
};

/** Two branches that set the same value, merged. */
async function conflict(team: Team): Promise<void> {
  const keys = { ...team.env, SOPS_AGE_KEY: (await team.call("org", "export")).stdout };
  const set = async (value: string) => {
    const args = ["set", "shop.yaml", '["stringData"]["password"]', JSON.stringify(value)];
    expect((await isosops(args, { cwd: team.cwd, env: keys })).exit).toBe(0);
    team.git("commit", "--quiet", "--all", "--message", value);
  };
  team.git("checkout", "--quiet", "-b", "feature");
  await set("plain-secret-2");
  team.git("checkout", "--quiet", "main");
  await set("plain-secret-1 ");
  expect(() => team.git("merge", "feature")).toThrow();
  expect(readFileSync(join(team.cwd, "shop.yaml"), "utf8")).toContain("<<<<<<< ");
}

describe.skipIf(sops === undefined).concurrent(`what is printed mends${skippedWithoutSops}`, () => {
  test.each(Object.entries(breakages))("%s", async (_, { breaks, by, says, command, flags }) => {
    const team = await makeTeam();
    await breaks(team);
    const args = { doctor: ["doctor"], lint: ["cluster", "lint"], verify: ["verify", "shop.yaml"] }[by];
    const found = (await team.call(...args)).stdout.replace(/\s+/g, " ");
    expect(found).toMatch(says);
    const printed = [...found.matchAll(/`((?:isosops|git) [^`]*)`/g)].map(([, one]) => one!);
    const chosen = printed.find((one) => (command === undefined ? true : one.match(command)));
    expect(chosen, found).toBeDefined();
    const line = `${chosen!.replace(/^isosops /, `'${process.execPath}' '${bin}' `)} ${flags ?? ""}`;
    const mended = await run("sh", ["-c", line], { cwd: team.cwd, env: team.env, noTerminal: true });
    expect(mended, line).toMatchObject({ exit: 0 });
    expect((await team.call(...args)).stdout.replace(/\s+/g, " ")).not.toMatch(says);
    if (by !== "doctor") expect((await team.call(...args)).exit).toBe(0);
    // And the real sops opens what there is.
    const keys = (await team.call("org", "export")).stdout;
    for (const name of ["shop.yaml", "other.yaml"]) {
      const opened = await run(sops!, ["--disable-version-check", "decrypt", name], {
        cwd: team.cwd,
        env: { SOPS_AGE_KEY: keys },
      });
      expect(opened, chosen).toMatchObject({ exit: 0 });
      expect(readFileSync(join(team.cwd, name), "utf8")).not.toContain("plain-secret");
    }
  });

  test("no alias of a cluster file is left with a plain copy", async () => {
    const team = await makeTeam();
    const inline = Buffer.from(manifest("shop")).toString("base64");
    const aliased = `kind: ImportCluster
spec:
  stacks:
  - name: web
    manifests:
    - name: shop
      manifest_base64: &shop ${inline}
  - name: two
    manifests:
    - name: shop
      manifest_base64: *shop
`;
    writeFileSync(join(team.cwd, "cluster.yaml"), aliased);
    for (const stack of ["web", "two"]) {
      const { exit, stderr } = await team.call(
        "cluster",
        "encrypt",
        "manifest",
        "shop",
        "--stack",
        stack,
        "--key",
        "password",
      );
      expect(exit).toBe(2);
      expect(stderr).toContain(`cluster.yaml, line ${stack === "web" ? 7 : 11}`);
      expect(stderr).toContain("the alias *shop at spec.stacks[1].manifests[0].manifest_base64 repeats");
      expect(readFileSync(join(team.cwd, "cluster.yaml"), "utf8")).toBe(aliased);
    }
  });

  test("--ignore-mac seals again what is encrypted already, and leaves alone what is whole", async () => {
    const team = await makeTeam();
    const whole = readFileSync(join(team.cwd, "shop.yaml"), "utf8");
    expect((await team.call("cluster", "encrypt", "stack", "--ignore-mac")).stdout).toBe("Nothing to do.\n");
    expect(readFileSync(join(team.cwd, "shop.yaml"), "utf8")).toBe(whole);
    team.edit("shop.yaml", (text) => text.replace("user: shop", "user: mall"));
    expect((await team.call("cluster", "encrypt", "stack", "--ignore-mac")).exit).toBe(0);
    const keys = (await team.call("org", "export")).stdout;
    const opened = await run(sops!, ["decrypt", "shop.yaml"], { cwd: team.cwd, env: { SOPS_AGE_KEY: keys } });
    expect(opened.stdout).toContain("user: mall");
  });

  test("what says where a secret is, is taken for none", async () => {
    const team = await makeTeam();
    const external = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: shop
spec:
  secretStoreRef:
    name: vault
  data:
  - secretKey: password
    remoteRef:
      key: shop
      property: token
`;
    const pod = `apiVersion: v1
kind: Pod
metadata:
  name: shop
spec:
  imagePullSecret: registry
  containers:
  - env:
    - valueFrom:
        secretKeyRef:
          name: shop
          token: password
`;
    writeFileSync(join(team.cwd, "external.yaml"), external);
    writeFileSync(join(team.cwd, "pod.yaml"), pod);
    team.edit("cluster.yaml", (text) =>
      text.replace(
        "    manifests:\n",
        "    manifests:\n    - {name: external, from_file: external.yaml}\n    - {name: pod, from_file: pod.yaml}\n",
      ),
    );
    const { stdout } = await team.call("doctor");
    expect(stdout).not.toMatch(/external|pod/);
    writeFileSync(join(team.cwd, "pod.yaml"), pod.replace("imagePullSecret: registry", "clientSecret: plain-secret-1"));
    const said = (await team.call("doctor")).stdout.replace(/\s+/g, " ");
    expect(said).toContain("`isosops cluster encrypt manifest pod --stack web --key clientSecret`");
  });

  test("a command that fails makes no folder for a keyring", async () => {
    const team = await makeTeam();
    const home = join(team.cwd, "home", "of", "nobody");
    for (const args of [
      ["org", "rotate"],
      ["org", "reencrypt", "."],
      ["cluster", "encrypt", "stack"],
      ["cluster", "argocd"],
    ]) {
      const { exit } = await isosops(args, {
        cwd: team.cwd,
        env: { ...team.env, ISOSOPS_HOME: home },
        noTerminal: true,
      });
      expect(exit, args.join(" ")).not.toBe(0);
      expect(() => readFileSync(join(team.cwd, "home")), args.join(" ")).toThrow(/ENOENT/);
    }
    rmSync(join(team.cwd, "home"), { recursive: true, force: true });
  });
});
