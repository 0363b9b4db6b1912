/**
 * What doctor, lint and verify name as the cause, and whether the command that they print mends it: it is run as it stands there,
 * from the folder in which it was printed.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { bin, first, isosops, makeFolder, run, skippedWithoutSops, sops, stranger, tools } from "./support.js";

/** Where things are, from the folder in which commands are run. */
interface Layout {
  cluster: string;
  shop: string;
  other: string;
  stack: string;
  /** Where the keyring is, from the folder around the repository. */
  home: string;
}

const layouts: Record<string, Layout> = {
  usual: { cluster: "cluster.yaml", shop: "shop.yaml", other: "other.yaml", stack: "web", home: "home" },
  "odd names and another folder": {
    cluster: "my clusters/it's one.yaml",
    shop: "apps of $HOME/shop's.yaml",
    other: "apps of $HOME/other.yaml",
    stack: "web's 2",
    home: "the $HOME of keys",
  },
};

const clusterText = ({ cluster, shop, other, stack }: Layout, inline: string) => {
  const from = (path: string) => JSON.stringify(`${dirname(cluster) === "." ? "" : "../"}${path}`);
  return `kind: ImportCluster
spec:
  sops:
    decryption: true
  stacks:
  - name: ${JSON.stringify(stack)}
    manifests:
    - name: shop
      from_file: ${from(shop)}
      encrypted_paths: [password]
    - name: inline
      manifest_base64: ${inline}
      encrypted_paths:
      - password
  - name: two
    manifests:
    - name: shop
      from_file: ${from(other)}
      encrypted_paths: [password]
`;
};

const manifest = (name: string) => `apiVersion: v1
kind: Secret
metadata:
  name: ${name}
stringData:
  user: ${name}
  password: plain-secret-1
`;

type Finder = "doctor" | "lint" | "verify";

interface Breakage {
  /** What is done to the files, which are encrypted and committed. */
  breaks(team: Team): void | Promise<void>;
  /** Who finds it, what each says, and which command is taken among those that are printed with it; the first one when left out. */
  by: Partial<Record<Finder, { says: RegExp; command?: RegExp }>>;
  /** Added to the command where nobody is asked. */
  flags?: string;
  /** What is known only to whoever has another key. */
  identity?: string;
  /** Whether the command says which one mends it. */
  twoSteps?: boolean;
}

interface Team {
  cwd: string;
  env: Record<string, string>;
  layout: Layout;
  read(name: string): string;
  write(name: string, text: string): void;
  edit(name: string, change: (text: string) => string): void;
  /** Change the manifest that stands in Base64 in the cluster file. */
  editInline(change: (text: string) => string): void;
  git(...args: string[]): void;
  call(...args: string[]): Promise<{ exit: number | null; stdout: string; stderr: string }>;
  /** Private keys of the organisation. */
  keys(): Promise<string>;
}

async function makeTeam(layout = layouts.usual!): Promise<Team> {
  const folder = makeFolder();
  const cwd = join(folder, "repository");
  const programs = join(folder, "bin");
  for (const path of [
    programs,
    cwd,
    ...[layout.cluster, layout.shop, layout.other].map((path) => dirname(join(cwd, path))),
  ]) {
    mkdirSync(path, { recursive: true });
  }
  symlinkSync(bin, join(programs, "isosops"));
  if (sops !== undefined) symlinkSync(sops, join(programs, "sops"));
  const env = {
    ISOSOPS_HOME: join(folder, layout.home),
    SOPS_AGE_KEY: first.identity,
    SOPS_DISABLE_VERSION_CHECK: "true",
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, "config"),
    PATH: [programs, dirname(process.execPath), process.env.PATH].join(delimiter),
  };
  const git = (...args: string[]) => {
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], { cwd, stdio: "pipe" });
  };
  const team: Team = {
    cwd,
    env,
    layout,
    read: (name) => readFileSync(join(cwd, name), "utf8"),
    write: (name, text) => writeFileSync(join(cwd, name), text),
    edit(name, change) {
      const before = team.read(name);
      const after = change(before);
      expect(after).not.toBe(before);
      team.write(name, after);
    },
    editInline(change) {
      team.edit(layout.cluster, (text) =>
        text.replace(/(manifest_base64: )(\S+)/, (_, key, before) => {
          const text = Buffer.from(before, "base64").toString();
          expect(change(text)).not.toBe(text);
          return key + Buffer.from(change(text)).toString("base64");
        }),
      );
    },
    git,
    call: (...args) => isosops(args, { cwd, env, noTerminal: true }),
    keys: async () => (await team.call("org", "export")).stdout,
  };
  team.write(layout.cluster, clusterText(layout, Buffer.from(manifest("inline")).toString("base64")));
  team.write(layout.shop, manifest("shop"));
  team.write(layout.other, manifest("other"));
  git("init", "--quiet", "--initial-branch", "main");
  expect((await team.call("org", "init", "--recipient", first.recipient)).exit).toBe(0);
  const made = await team.call("cluster", "encrypt", "stack", "-f", layout.cluster);
  expect(made).toMatchObject({ exit: 0, stderr: "" });
  git("add", ".");
  git("commit", "--quiet", "--message", "all");
  return team;
}

const ciphertext = /ENC\[AES256_GCM,[^\]]*\]/;
const repairs = /^isosops repair/;
const both = (says: RegExp, command?: RegExp): Breakage["by"] => ({
  doctor: command === undefined ? { says } : { says, command },
  lint: command === undefined ? { says } : { says, command },
});
const doctor = (says: RegExp, command?: RegExp): Breakage["by"] => ({
  doctor: command === undefined ? { says } : { says, command },
});

const published = ".isosops/organisation.yaml";

const breakages: Record<string, Breakage> = {
  "a value that was edited to plain text": {
    breaks: (team) => team.edit(team.layout.shop, (text) => text.replace(ciphertext, "plain-secret-2")),
    by: {
      doctor: { says: /it is plain/, command: repairs },
      lint: { says: /password is marked for encryption, and a value of it is in plain text/ },
      verify: { says: /plain-value/ },
    },
    flags: "--accept-changes",
  },
  "the plaintext itself in the place of its ciphertext": {
    breaks: (team) => team.edit(team.layout.shop, (text) => text.replace(ciphertext, "plain-secret-1")),
    by: both(/password is marked for encryption, and a value of it is in plain text/),
  },
  "a value that was added under a name that is encrypted": {
    breaks: (team) =>
      team.edit(team.layout.shop, (text) => text.replace("metadata:\n", "metadata:\n  password: plain-secret-2\n")),
    by: both(/password is marked for encryption, and a value of it is in plain text/),
    flags: "--accept-changes",
  },
  "a plain value that was edited": {
    // Without a private key, nobody sees it.
    breaks: (team) => team.edit(team.layout.shop, (text) => text.replace("user: shop", "user: mall")),
    by: doctor(/MAC does not match/, repairs),
    flags: "--accept-changes",
  },
  "a plain value that was removed": {
    breaks: (team) => team.edit(team.layout.shop, (text) => text.replace("  user: shop\n", "")),
    by: doctor(/MAC does not match/, repairs),
    flags: "--accept-changes",
  },
  "a MAC that was taken out": {
    breaks: (team) => team.edit(team.layout.shop, (text) => text.replace(/^ +mac: .*\n/m, "")),
    by: { doctor: { says: /has no MAC/, command: repairs }, lint: { says: /MAC/, command: repairs } },
    flags: "--accept-changes",
  },
  "a time that was changed": {
    breaks: (team) =>
      team.edit(team.layout.shop, (text) => text.replace(/lastmodified: "\d{4}/, 'lastmodified: "1999')),
    by: doctor(/MAC does not decrypt/, repairs),
    flags: "--accept-changes",
  },
  "a ciphertext that was cut": {
    breaks: (team) =>
      team.edit(team.layout.shop, (text) => text.replace(ciphertext, (found) => found.replace(/data:..../, "data:"))),
    // Without a private key, nobody sees it.
    by: doctor(/cannot be decrypted/, repairs),
    twoSteps: true,
  },
  "a ciphertext without its end": {
    breaks: (team) =>
      team.edit(team.layout.shop, (text) => text.replace(ciphertext, (found) => found.replace(/tag:....../, "tag:"))),
    by: {
      doctor: { says: /cannot be decrypted/, command: repairs },
      lint: { says: /damaged/, command: repairs },
      verify: { says: /malformed-value/, command: repairs },
    },
    twoSteps: true,
  },
  "a merge that was left half done": {
    breaks: conflict,
    by: {
      doctor: { says: /conflict markers of Git/, command: /--theirs/ },
      lint: { says: /conflict markers of Git/, command: /--ours/ },
      verify: { says: /conflict markers of Git/, command: /--ours/ },
    },
  },
  "an edited value in the Base64 of the cluster file": {
    breaks: (team) => team.editInline((text) => text.replace(ciphertext, "plain-secret-2")),
    by: both(/password is marked for encryption, and a value of it is in plain text/),
    flags: "--accept-changes",
  },
  "an edited plain value in the Base64 of the cluster file": {
    breaks: (team) => team.editInline((text) => text.replace("user: inline", "user: mall")),
    by: doctor(/MAC does not match/, repairs),
    flags: "--accept-changes",
  },
  "a MAC that was taken out of the Base64 of the cluster file": {
    breaks: (team) => team.editInline((text) => text.replace(/^ +mac: .*\n/m, "")),
    by: { doctor: { says: /has no MAC/, command: repairs }, lint: { says: /MAC/, command: repairs } },
    flags: "--accept-changes",
  },
  "a ciphertext that was cut in the Base64 of the cluster file": {
    breaks: (team) =>
      team.editInline((text) => text.replace(ciphertext, (found) => found.replace(/data:..../, "data:"))),
    by: doctor(/cannot be decrypted/, repairs),
    twoSteps: true,
  },
  "a mark in the wrong case": {
    breaks: (team) => team.edit(team.layout.cluster, (text) => text.replace("[password]", "[PASSWORD]")),
    by: both(/There is no key PASSWORD\. Did you mean password/, /^isosops cluster encrypt/),
  },
  "a mark that was taken out": {
    breaks: (team) => team.edit(team.layout.cluster, (text) => text.replace("[password]", "[]")),
    by: both(/not among `encrypted_paths`: stringData\.password/, /^isosops cluster encrypt/),
  },
  "a mark of something that is not encrypted yet": {
    breaks: (team) => team.edit(team.layout.cluster, (text) => text.replace("[password]", "[password, user]")),
    by: both(/user is marked for encryption/, /^isosops cluster encrypt/),
  },
  "a manifest that was decrypted": {
    breaks: (team) => team.write(team.layout.shop, manifest("shop")),
    by: both(/the file is in plain text/, /^isosops cluster encrypt/),
  },
  "a secret beside the marked one": {
    breaks: (team) =>
      team.edit(team.layout.other, (text) =>
        text.replace("stringData:\n", "stringData:\n  apiToken: plain-secret-2\n"),
      ),
    by: doctor(/stringData\.apiToken is in plain text/, /--key apiToken/),
    flags: "--accept-added",
  },
  "decryption that is disabled": {
    breaks: (team) => team.edit(team.layout.cluster, (text) => text.replace("decryption: true", "decryption: false")),
    by: doctor(/Decryption is disabled/, /^isosops cluster decryption enable/),
  },
  "decryption that the cluster file does not mention": {
    breaks: (team) => team.edit(team.layout.cluster, (text) => text.replace("  sops:\n    decryption: true\n", "")),
    by: doctor(/Decryption is not said to be enabled/, /^isosops cluster decryption enable/),
  },
  "a file of before a rotation": {
    breaks: async (team) => {
      expect((await team.call("org", "rotate")).exit).toBe(0);
      // The others are no part of it.
      expect((await team.call("org", "reencrypt", team.layout.other, team.layout.cluster)).exit).toBe(0);
    },
    by: {
      doctor: { says: /is replacing/, command: /^isosops org reencrypt (?!\.`?$)/ },
      lint: { says: /is being replaced by/, command: /^isosops org reencrypt/ },
      verify: { says: /takes the place of/, command: /^isosops org reencrypt/ },
    },
  },
  "encryption that is disabled": {
    breaks: async (team) => {
      expect((await team.call("org", "disable")).exit).toBe(0);
    },
    by: {
      doctor: { says: /Encryption is disabled/, command: /^isosops org enable/ },
      lint: { says: /organisation is disabled/, command: /^isosops org enable/ },
    },
  },
  "a file for somebody else": {
    breaks: async (team) => {
      rmSync(join(team.cwd, team.layout.shop));
      team.write(team.layout.shop, manifest("shop"));
      const args = ["encrypt", "--age", stranger.recipient, "--encrypted-regex", "^password$", "-i", team.layout.shop];
      expect((await team.call(...args)).exit).toBe(0);
    },
    by: {
      doctor: { says: /belongs to another organisation/, command: /^sops rotate/ },
      lint: { says: /and the organisation's key is/, command: /^sops rotate/ },
      verify: { says: /does not open the file/, command: /^sops rotate/ },
    },
    identity: stranger.identity,
  },
  "an Argo CD with the key of before a rotation": {
    breaks: (team) => oldKey(team, "argocd"),
    by: doctor(/the Secret ankra-sops-age-key gives the cluster the key/, /^isosops cluster argocd .*--output/),
  },
  "a Flux with the key of before a rotation": {
    breaks: (team) => oldKey(team, "flux"),
    by: doctor(/the Secret sops-age gives Flux the key/, /^isosops cluster flux .*--output/),
  },
  "a keyring that is ahead of what the repository tells": {
    breaks: async (team) => {
      const before = team.read(".isosops/organisation.yaml");
      expect((await team.call("org", "rotate")).exit).toBe(0);
      expect((await team.call("org", "reencrypt", ".")).exit).toBe(0);
      team.write(".isosops/organisation.yaml", before);
    },
    by: doctor(/and the keyring is 1 ahead/, /^isosops org publish/),
  },
  "published keys that somebody has changed": {
    breaks: (team) => team.edit(published, (text) => text.replace(/mac: "......../, 'mac: "00000000')),
    by: {
      doctor: { says: /changed by somebody/, command: /^isosops org publish/ },
      lint: { says: /changed by somebody/, command: /^isosops org publish/ },
    },
  },
  "published keys that are damaged": {
    breaks: (team) => team.edit(published, (text) => text.replace("generation: 1", "generation: 2")),
    by: {
      doctor: { says: /organisation\.yaml is damaged/, command: /^isosops org publish/ },
      lint: { says: /organisation\.yaml is damaged/, command: /^isosops org publish/ },
      verify: { says: /organisation\.yaml is damaged/, command: /^isosops org publish/ },
    },
  },
  "a keyring that others may read": {
    breaks: (team) => chmodSync(join(team.env.ISOSOPS_HOME!, "keyring.json"), 0o644),
    by: doctor(/others? (?:users )?may/i, /^chmod/),
  },
};

/** What a cluster was given by another organisation, in a file for this one. */
async function oldKey(team: Team, command: "argocd" | "flux"): Promise<void> {
  const args = ["cluster", command, ...(command === "argocd" ? ["--only", "key"] : ["--namespace", "apps"])];
  expect((await team.call(...args, "-f", team.layout.cluster, "-o", "the key's.yaml")).exit).toBe(0);
  expect((await team.call("org", "rotate")).exit).toBe(0);
  for (const path of [team.layout.shop, team.layout.other, team.layout.cluster]) {
    expect((await team.call("org", "reencrypt", path)).exit).toBe(0);
  }
}

/** What stands in backquotes. */
function commandsOf(text: string): string[] {
  return [...text.matchAll(/`((?:isosops|git|sops|chmod) [^`]*)`/g)].map(([, one]) => one!);
}

/** Two branches that set the same value, merged. */
async function conflict(team: Team): Promise<void> {
  const keys = { ...team.env, SOPS_AGE_KEY: await team.keys() };
  const set = async (value: string) => {
    const args = ["set", team.layout.shop, '["stringData"]["password"]', JSON.stringify(value)];
    expect((await isosops(args, { cwd: team.cwd, env: keys })).exit).toBe(0);
    team.git("commit", "--quiet", "--all", "--message", value);
  };
  team.git("checkout", "--quiet", "-b", "feature");
  await set("plain-secret-2");
  team.git("checkout", "--quiet", "main");
  await set("plain-secret-1 ");
  expect(() => team.git("merge", "feature")).toThrow();
  expect(team.read(team.layout.shop)).toContain("<<<<<<< ");
}

const cases = Object.entries(layouts).flatMap(([name, layout]) =>
  Object.entries(breakages).flatMap(([broken, breakage]) =>
    (Object.keys(breakage.by) as Finder[]).map(
      (finder) => [`${broken}: ${finder}, ${name}`, finder, layout, breakage] as const,
    ),
  ),
);

describe
  .skipIf(sops === undefined || process.platform === "win32")
  .concurrent(`what is printed mends${skippedWithoutSops}`, () => {
    test("of twenty breakages and more, lint knows all that can be told without a key", () => {
      expect(Object.keys(breakages).length).toBeGreaterThanOrEqual(20);
      expect(Object.values(breakages).every(({ by }) => by.doctor !== undefined)).toBe(true);
    });

    test.each(cases)("%s", async (_, finder, layout, { breaks, by, flags, identity, twoSteps }) => {
      const team = await makeTeam(layout);
      const { says, command } = by[finder]!;
      const args = {
        doctor: ["doctor", "-f", layout.cluster, "."],
        lint: ["cluster", "lint", "-f", layout.cluster],
        verify: ["verify", layout.shop],
      }[finder];
      const found = async () => {
        const { stdout, stderr } = await team.call(...args);
        return `${stdout} ${stderr}`.replace(/\s+/g, " ");
      };
      expect(await found()).not.toMatch(says);
      await breaks(team);
      const told = await found();
      expect(told).toMatch(says);
      const env = identity === undefined ? team.env : { ...team.env, SOPS_AGE_KEY: identity };
      const execute = (line: string) => run("sh", ["-c", line], { cwd: team.cwd, env, noTerminal: true });
      const chosen = commandsOf(told).find((one) => (command === undefined ? /^isosops|^git/ : command).test(one));
      expect(chosen, told).toBeDefined();
      const mended = await execute(`${chosen} ${flags ?? ""}`);
      if (twoSteps === true) {
        const [restoring] = commandsOf(mended.stderr).filter((one) => one.startsWith("git "));
        expect(restoring, mended.stderr).toBeDefined();
        expect(await execute(restoring!), restoring).toMatchObject({ exit: 0 });
      } else expect(mended, chosen).toMatchObject({ exit: 0 });
      expect(await found()).not.toMatch(says);
      if (finder !== "doctor") expect((await team.call(...args)).exit).toBe(0);
      // And every sops opens what there is.
      const inline = Buffer.from(/manifest_base64: (\S+)/.exec(team.read(layout.cluster))![1]!, "base64");
      team.write("inline.yaml", inline.toString());
      for (const { path } of tools.findSops()) {
        for (const name of [layout.shop, layout.other, "inline.yaml"]) {
          const opened = await run(path, ["--disable-version-check", "decrypt", name], {
            cwd: team.cwd,
            env: { SOPS_AGE_KEY: await team.keys() },
          });
          expect(opened, `${chosen}, ${name}`).toMatchObject({ exit: 0 });
          expect(parse(opened.stdout)).toHaveProperty("stringData.password");
          expect(team.read(name)).not.toContain("plain-secret");
        }
      }
    });

    test.each(Object.entries(layouts))(
      "a conflict is resolved from outside of the repository: %s",
      async (_, layout) => {
        const team = await makeTeam(layout);
        await conflict(team);
        const conflicting = team.read(layout.shop);
        const cwd = join(team.cwd, "..");
        const shop = join("repository", layout.shop);
        const all = {
          verify: ["verify", shop],
          lint: ["cluster", "lint", "-f", join("repository", layout.cluster)],
          doctor: ["doctor", "-f", join("repository", layout.cluster)],
          decrypt: ["decrypt", shop],
          repair: ["repair", shop],
          "decrypt by its absolute path": ["decrypt", join(team.cwd, layout.shop)],
        };
        const env = { ...team.env, SOPS_AGE_KEY: await team.keys() };
        for (const [name, args] of Object.entries(all)) {
          for (const side of ["ours", "theirs"]) {
            team.write(layout.shop, conflicting);
            const { stdout, stderr } = await isosops(args, { cwd, env, noTerminal: true });
            const told = `${stdout}${stderr}`.replace(/\s+/g, " ");
            expect(told, name).toContain("conflict markers of Git");
            const [taking, adding] = [`checkout --${side}`, " add "].map((what) =>
              commandsOf(told).find((one) => one.startsWith("git ") && one.includes(what)),
            );
            for (const command of [taking, adding]) {
              const done = await run("sh", ["-c", command!], { cwd, env: team.env, noTerminal: true });
              expect(done, `${name}: ${command}`).toMatchObject({ exit: 0 });
            }
            expect(await isosops(["decrypt", shop], { cwd, env }), name).toMatchObject({
              exit: 0,
              stdout: expect.stringContaining(side === "ours" ? "plain-secret-1 " : "plain-secret-2"),
            });
            team.git("checkout", "--quiet", "--merge", "--", layout.shop);
            expect(team.read(layout.shop)).toContain("<<<<<<< ");
          }
        }
      },
    );

    test("a conflict is resolved in the file that a link leads to", async () => {
      const team = await makeTeam();
      await conflict(team);
      const conflicting = team.read("shop.yaml");
      const links = join(team.cwd, "links");
      mkdirSync(links);
      symlinkSync("../shop.yaml", join(links, "its name.yaml"));
      const env = { ...team.env, SOPS_AGE_KEY: await team.keys() };
      const link = "links/its name.yaml";
      const all = { verify: [link], doctor: [link], decrypt: [link], repair: [link], set: [link, '["a"]', '"b"'] };
      for (const [name, args] of Object.entries(all)) {
        for (const [cwd, given] of [
          [team.cwd, args],
          [links, ["its name.yaml", ...args.slice(1)]],
        ] as const) {
          team.write("shop.yaml", conflicting);
          const { stdout, stderr } = await isosops([name, ...given], { cwd, env, noTerminal: true });
          const told = `${stdout}${stderr}`.replace(/\s+/g, " ");
          for (const what of ["checkout --theirs", " add "]) {
            const command = commandsOf(told).find((one) => one.startsWith("git ") && one.includes(what));
            expect(command, told).toBeDefined();
            const done = await run("sh", ["-c", command!], { cwd, env: team.env, noTerminal: true });
            expect(done, `${name}: ${command}`).toMatchObject({ exit: 0 });
          }
          expect(await isosops(["decrypt", "shop.yaml"], { cwd: team.cwd, env }), name).toMatchObject({
            exit: 0,
            stdout: expect.stringContaining("plain-secret-2"),
          });
          team.git("checkout", "--quiet", "--merge", "--", "shop.yaml");
        }
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
      writeFileSync(
        join(team.cwd, "pod.yaml"),
        pod.replace("imagePullSecret: registry", "clientSecret: plain-secret-1"),
      );
      const said = (await team.call("doctor")).stdout.replace(/\s+/g, " ");
      expect(said).toContain("`isosops cluster encrypt manifest pod --stack web --key clientSecret`");
    });

    test("a command that fails makes no folder for a keyring", async () => {
      const team = await makeTeam();
      const home = join(team.cwd, "home", "of", "nobody");
      rmSync(join(team.cwd, ".isosops"), { recursive: true });
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
