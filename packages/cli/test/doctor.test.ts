/** `isosops doctor`: each cause made for real, and what it says held against what the real sops does with the files. */
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { doctorRules } from "@isosops/gitops";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ownProcess } from "../../node/dist/write/process-owner.js";
import { first, isosops, type Key, makeFolder, run, second, skippedWithoutSops, sops, stranger } from "./support.js";

interface Finding {
  topic: string;
  rule: string;
  level: string;
  message: string;
  remedy?: string;
  file?: string;
  line?: number;
}

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
    addons:
    - name: grafana
      configuration:
        from_file: grafana.yaml
        encrypted_paths: [adminPassword]
`;

const shop = `apiVersion: v1
kind: Secret
metadata:
  name: shop
stringData:
  password: plain-secret-1
`;

const grafana = "adminUser: admin\nadminPassword: plain-secret-2\n";

interface Team {
  cwd: string;
  env: Record<string, string>;
  read(name: string): string;
  write(name: string, text: string): void;
  /** Any command, which has to succeed. */
  call(...args: string[]): Promise<string>;
  /** What `isosops doctor` says, but for what is as it should be. */
  doctor(
    args?: string[],
    env?: Record<string, string>,
  ): Promise<{ exit: number | null; findings: Finding[]; all: Finding[] }>;
  recipient(): Promise<string>;
  /** Exit code and output of the real sops. */
  sops(name: string, keys: string): Promise<{ exit: number | null; stdout: string; stderr: string }>;
}

/** A team with a keyring for the key `first`, in a folder with these files, encrypted as they are marked. */
async function makeTeam(
  files: Record<string, string> = { "cluster.yaml": cluster, "shop.yaml": shop, "grafana.yaml": grafana },
): Promise<Team> {
  const folder = makeFolder();
  const cwd = join(folder, "repository");
  mkdirSync(join(cwd, ".git"), { recursive: true });
  const env = {
    ISOSOPS_HOME: join(folder, "home"),
    SOPS_AGE_KEY: first.identity,
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, "config"),
  };
  const team: Team = {
    cwd,
    env,
    read: (name) => readFileSync(join(cwd, name), "utf8"),
    write(name, text) {
      mkdirSync(dirname(join(cwd, name)), { recursive: true });
      writeFileSync(join(cwd, name), text);
    },
    async call(...args) {
      const { exit, stdout, stderr } = await isosops(args, { cwd, env });
      expect({ args, exit, stderr: exit === 0 ? "" : stderr }).toEqual({ args, exit: 0, stderr: "" });
      return stdout;
    },
    async doctor(args = [], more = {}) {
      const options = { cwd, env: { ...env, ...more }, noTerminal: true };
      const { exit, stdout, stderr } = await isosops(["doctor", "--json", ...args], options);
      expect(stderr).toBe("");
      const text = await isosops(["doctor", ...args], options);
      expect(text.exit).toBe(exit);
      for (const shown of [stdout, text.stdout]) {
        expect(shown).not.toMatch(/AGE-SECRET-KEY-1[A-Z0-9]{5}|plain-secret|correct horse/);
      }
      const { findings: all } = JSON.parse(stdout) as { findings: Finding[] };
      for (const { rule } of all) expect(Object.keys(doctorRules)).toContain(rule);
      expect(exit).toBe(all.some(({ level }) => level === "error") ? 10 : 0);
      return { exit, all, findings: all.filter(({ level }) => level !== "ok") };
    },
    recipient: async () =>
      (JSON.parse(await team.call("org", "show", "--json")) as { age_public_key: string }).age_public_key,
    async sops(name, keys) {
      return run(sops!, ["--disable-version-check", "decrypt", name], { cwd, env: { SOPS_AGE_KEY: keys } });
    },
  };
  for (const [name, text] of Object.entries(files)) team.write(name, text);
  await team.call("org", "init", "--recipient", first.recipient);
  if ("cluster.yaml" in files) await team.call("cluster", "encrypt", "stack");
  return team;
}

async function encryptFor(
  team: Team,
  { recipient }: Pick<Key, "recipient">,
  name: string,
  text: string,
  flags: string[] = [],
) {
  team.write(name, text);
  await team.call("encrypt", "--age", recipient, ...flags, "--in-place", name);
}

/** The keys that the organisation has, for sops. */
const exported = (team: Team) => team.call("org", "export");

const by = (findings: readonly Finding[], rule: string) => findings.filter((finding) => finding.rule === rule);

/** Not of the keyring's opening, which each test but its own does the same way. */
const rulesOf = (findings: readonly Finding[]) => findings.map(({ rule, level }) => `${level} ${rule}`);

describe.skipIf(sops === undefined).concurrent(`isosops doctor${skippedWithoutSops}`, () => {
  test("finds nothing where all is well", async () => {
    const team = await makeTeam();
    const { findings, all, exit } = await team.doctor();
    // The cluster itself cannot be seen, and SOPS_AGE_KEY is for the keyring.
    expect(rulesOf(findings)).toEqual(["note cluster-key", "note no-key"]);
    expect(exit).toBe(0);
    expect(new Set(all.map(({ topic }) => topic))).toEqual(new Set(["keyring", "cluster", "files", "environment"]));
    expect((await team.doctor([], { SOPS_AGE_KEY: `${first.identity} ${await keyOf(team)}` })).findings).toMatchObject([
      { rule: "cluster-key" },
    ]);
    expect((await team.sops("shop.yaml", await keyOf(team))).exit).toBe(0);
    const text = await isosops(["doctor"], team);
    expect(text.stdout).toMatch(/^Keyring\n {2}ok {2}keyring\n/);
    expect(text.stdout).toMatch(/\n2 notes\.\n$/);
  });

  test("a key whose name differs in case from the marked one", async () => {
    const team = await makeTeam({
      "cluster.yaml": cluster.replace("[password]", "[Password]"),
      "shop.yaml": shop,
      "grafana.yaml": grafana,
    }).catch(() => undefined);
    // `encrypt stack` refuses such a mark.
    expect(team).toBeUndefined();
    const other = await makeTeam();
    other.write("shop.yaml", shop);
    other.write("cluster.yaml", other.read("cluster.yaml").replace("[password]", "[Password]"));
    const { findings, exit } = await other.doctor();
    expect(exit).toBe(10);
    expect(by(findings, "key-name")).toMatchObject([
      {
        level: "error",
        file: "shop.yaml",
        line: 6,
        message: expect.stringMatching(/stringData\.password is in plain text.*Password among `encrypted_paths`/),
      },
    ]);
    expect(by(findings, "marks")).toMatchObject([{ level: "error", file: "cluster.yaml", line: 10 }]);
  });

  test("a key that the rule of a file misses by its case, and one that is in no list", async () => {
    const team = await makeTeam({});
    const recipient = await team.recipient();
    const text = "db:\n  Password: plain-secret-1\n  apiKey: plain-secret-2\n  user: shop\n  token: t\n";
    const rule = ["--encrypted-regex", "^(password|token)$"];
    await encryptFor(team, { recipient }, "values.yaml", text, rule);
    const { findings } = await team.doctor();
    expect(by(findings, "key-name")).toMatchObject([
      {
        level: "error",
        file: "values.yaml",
        line: 2,
        message: expect.stringContaining("password in the file's `encrypted_regex`"),
      },
    ]);
    expect(by(findings, "unlisted")).toMatchObject([
      { level: "warning", line: 3, message: expect.stringContaining("db.apiKey") },
    ]);

    // sops leaves the very same values plain.
    team.write("plain.yaml", text);
    const flags = ["--disable-version-check", "encrypt", "--age", recipient, ...rule, "plain.yaml"];
    const encrypted = await run(sops!, flags, { cwd: team.cwd, env: {} });
    expect(parse(encrypted.stdout).db).toMatchObject({
      Password: "plain-secret-1",
      apiKey: "plain-secret-2",
      token: expect.stringMatching(/^ENC/),
    });

    // And what it says to do helps.
    const [finding] = by(findings, "key-name");
    const command = /`isosops (.*)`/.exec(finding!.remedy!)![1]!;
    await isosops(command.split(" "), { ...team, env: { ...team.env, SOPS_AGE_KEY: await keyOf(team) } });
    expect(by((await team.doctor(["values.yaml"])).findings, "key-name")).toEqual([]);
    expect((await team.sops("values.yaml", await keyOf(team))).stdout).toContain("Password: plain-secret-1");
  });

  test("two keys whose names differ in case, of which one is marked", async () => {
    const team = await makeTeam();
    team.write("grafana.yaml", `${team.read("grafana.yaml")}`.replace("adminUser:", "AdminPassword: x\nadminUser:"));
    const { findings } = await team.doctor();
    expect(by(findings, "key-name")).toMatchObject([
      {
        level: "warning",
        file: "grafana.yaml",
        line: 1,
        message: expect.stringContaining("AdminPassword is in plain"),
      },
    ]);
  });

  test("a rule whose pattern misses a key by its case", async () => {
    const team = await makeTeam({});
    const recipient = await team.recipient();
    await encryptFor(team, { recipient }, "a.yaml", "x_password: a\nX_PASSWORD: plain-secret-1\n", [
      "--encrypted-regex",
      "_pass.*$",
    ]);
    await encryptFor(team, { recipient }, "b.yaml", "a_secret: a\nB_SECRET: plain-secret-1\n", [
      "--encrypted-suffix",
      "_secret",
    ]);
    const found = by((await team.doctor(["."])).findings, "key-name");
    expect(found).toMatchObject([
      { file: "a.yaml", line: 2, level: "warning" },
      { file: "b.yaml", line: 2, level: "warning" },
    ]);
  });

  test("encryption that is disabled", async () => {
    const team = await makeTeam();
    await team.call("org", "disable");
    team.write("shop.yaml", shop);
    const { findings, exit } = await team.doctor();
    expect(by(findings, "disabled")).toMatchObject([
      { level: "warning", remedy: expect.stringContaining("isosops org enable") },
    ]);
    expect(by(findings, "marks")).toMatchObject([
      { level: "error", file: "shop.yaml", line: 6, remedy: "First enable it: `isosops org enable`." },
    ]);
    expect(exit).toBe(10);
    await team.call("cluster", "encrypt", "stack");
    expect((await team.doctor()).exit).toBe(10);
    await team.call("org", "enable");
    await team.call("cluster", "encrypt", "stack");
    expect((await team.doctor()).exit).toBe(0);
  });

  test("decryption that is disabled for the cluster, or not spoken of", async () => {
    const team = await makeTeam();
    await team.call("cluster", "decryption", "disable");
    const disabled = await team.doctor();
    expect(by(disabled.findings, "decryption")).toMatchObject([{ level: "error", file: "cluster.yaml", line: 4 }]);
    team.write("cluster.yaml", team.read("cluster.yaml").replace("  sops:\n    decryption: false\n", ""));
    const silent = await team.doctor();
    expect(by(silent.findings, "decryption")).toMatchObject([{ level: "warning", file: "cluster.yaml" }]);
    expect(silent.exit).toBe(0);
    await team.call("cluster", "decryption", "enable");
    expect(by((await team.doctor()).findings, "decryption")).toEqual([]);
  });

  test("a file of before a rotation, which nobody opens any more", async () => {
    const team = await makeTeam();
    const [old, before] = [await team.recipient(), team.read("shop.yaml")];
    const oldKey = await keyOf(team);
    await team.call("org", "rotate");
    const during = await team.doctor();
    expect(by(during.findings, "rotation")).toMatchObject([
      { level: "note", message: expect.stringMatching(/since \d{4}-.*Z, by .*@/) },
    ]);
    expect(by(during.findings, "previous-key").map(({ file }) => file)).toEqual(["shop.yaml", "grafana.yaml"]);
    expect(during.exit).toBe(0);
    expect((await team.sops("shop.yaml", await exported(team))).exit).toBe(0);

    await team.call("org", "reencrypt", ".");
    expect(by((await team.doctor()).findings, "previous-key")).toEqual([]);
    await team.call("org", "confirm", ".");
    team.write("shop.yaml", before);
    team.write("copies/shop.yaml", before);
    const after = await team.doctor([], { SOPS_AGE_KEY: `${first.identity}\n${oldKey}` });
    const destroyed = by(after.findings, "destroyed-key");
    expect(destroyed.map(({ file }) => file)).toEqual(["shop.yaml", "copies/shop.yaml"]);
    for (const { level, message } of destroyed) {
      expect(level).toBe("error");
      expect(message).toContain(old);
      expect(message).toContain(await team.recipient());
      expect(message).toMatch(/destroyed on \d{4}-\S+Z by \S+@\S+ \(`isosops org confirm`\)/);
    }
    expect(by(after.findings, "stale-identity")).toMatchObject([
      { level: "warning", message: expect.stringContaining(old) },
    ]);
    expect(after.exit).toBe(10);
    expect(await team.sops("shop.yaml", await exported(team))).toMatchObject({ exit: 128, stdout: "" });
    expect((await team.sops("shop.yaml", oldKey)).exit).toBe(0);
    expect((await team.sops("grafana.yaml", await exported(team))).exit).toBe(0);
  });

  test("a file of another organisation", async () => {
    const team = await makeTeam();
    await encryptFor(team, stranger, "shop.yaml", shop, ["--encrypted-regex", "^(password)$"]);
    await encryptFor(team, stranger, "other.yaml", grafana);
    const { findings, exit } = await team.doctor();
    const found = by(findings, "foreign-key");
    expect(found).toMatchObject([
      { level: "error", topic: "cluster", file: "shop.yaml" },
      { level: "warning", topic: "files", file: "other.yaml" },
    ]);
    for (const { message } of found)
      for (const key of [stranger.recipient, await team.recipient()]) expect(message).toContain(key);
    expect(exit).toBe(10);
    expect((await team.sops("shop.yaml", await exported(team))).exit).toBe(128);
  });

  test("a keyring that is not there, damaged, readable for others, or locked by a process", async () => {
    const team = await makeTeam();
    const keyring = join(team.env.ISOSOPS_HOME!, "keyring.json");
    const lock = `${keyring}.lock`;
    const hold = (owner: string) => {
      rmSync(lock, { recursive: true, force: true });
      mkdirSync(lock);
      const mark = join(lock, `${encodeURIComponent(owner)}.0123456789abcdef`);
      writeFileSync(mark, "");
      utimesSync(mark, 1, 1);
    };
    hold("elsewhere:7:1");
    expect(by((await team.doctor()).findings, "keyring-lock")).toMatchObject([
      { level: "warning", message: expect.stringContaining("process 7 on elsewhere") },
    ]);
    let owner = "";
    const started = ({ pid }: { pid?: number | undefined }) => {
      owner = ownProcess().replace(/:\d+:[^:]*$/, `:${pid}:1`);
    };
    await run(process.execPath, ["-e", ""], { cwd: team.cwd, started });
    hold(owner);
    expect(by((await team.doctor()).findings, "keyring-lock")).toMatchObject([
      { level: "note", message: expect.stringContaining("has ended") },
    ]);
    await team.call("org", "enable");
    expect(by((await team.doctor()).all, "keyring-lock")).toEqual([]);
    hold("elsewhere:7:1");
    rmSync(lock, { recursive: true });
    if (process.platform !== "win32") {
      chmodSync(keyring, 0o644);
      expect(by((await team.doctor()).findings, "keyring-mode")).toMatchObject([
        { level: "warning", remedy: expect.stringContaining("chmod 600") },
      ]);
      chmodSync(keyring, 0o600);
    }
    const text = readFileSync(keyring, "utf8");
    writeFileSync(keyring, text.slice(0, 100));
    expect(by((await team.doctor()).findings, "keyring")).toMatchObject([
      { level: "error", message: expect.stringContaining("keyring") },
    ]);
    // Another pair of keys in it, whose private key nobody would miss before it is too late.
    const state = JSON.parse(text);
    writeFileSync(keyring, JSON.stringify({ ...state, current: { ...state.current, recipient: second.recipient } }));
    expect(by((await team.doctor()).findings, "keyring-pair")).toMatchObject([{ level: "error" }]);
    rmSync(keyring);
    const missing = await team.doctor([], { SOPS_AGE_KEY: "" });
    expect(by(missing.findings, "keyring")).toMatchObject([
      { level: "warning", message: expect.stringContaining(keyring) },
    ]);
  });

  test("a keyring whose passphrase is missing or wrong, or whose identity is", async () => {
    const team = await makeTeam({});
    const home = join(dirname(team.cwd), "other");
    const passphrase = "correct horse battery staple";
    const own = { ISOSOPS_HOME: home };
    const made = await isosops(["org", "init"], {
      cwd: dirname(team.cwd),
      env: { ...own, ISOSOPS_PASSPHRASE: passphrase },
    });
    expect(made.exit).toBe(0);
    const look = async (env: Record<string, string>) =>
      (await team.doctor([], { ...own, ...env })).all.filter(({ rule }) => rule === "keyring-opening");
    expect(await look({})).toMatchObject([
      { level: "warning", message: expect.stringContaining("ISOSOPS_PASSPHRASE is not set") },
    ]);
    expect(await look({ ISOSOPS_PASSPHRASE: "wrong" })).toMatchObject([
      { level: "error", message: expect.stringContaining("does not open") },
    ]);
    expect(await look({ ISOSOPS_PASSPHRASE: passphrase })).toMatchObject([{ level: "ok" }]);
    const locked = async (key: string) =>
      (await team.doctor([], { SOPS_AGE_KEY: key })).all.filter(({ rule }) => rule === "keyring-opening");
    expect(await locked(stranger.identity)).toMatchObject([{ level: "error" }]);
    expect(await locked("")).toMatchObject([{ level: "warning", message: expect.stringContaining(first.recipient) }]);
  });

  test("private keys in plain text, as they are and in Base64", async () => {
    const team = await makeTeam();
    await team.call("cluster", "argocd", "-o", "argocd.enc.yaml");
    expect(by((await team.doctor()).all, "cluster-key")).toMatchObject([{ level: "ok", file: "argocd.enc.yaml" }]);
    const { stdout } = await isosops(["cluster", "argocd"], team);
    team.write("argocd.yaml", stdout);
    team.write("keys.txt", `# my key\n${stranger.identity}\n`);
    const data = [0, 1, 2].map((count) => Buffer.from(`${"#".repeat(count)}\n${second.identity}\n`).toString("base64"));
    team.write("secret.yaml", data.map((text, index) => `k${index}: ${text}\n`).join(""));
    team.write("README.md", `Give AGE-SECRET-KEY-1${"Q".repeat(58)} or AGE-SECRET-KEY-1... to it.\n`);
    team.write(".gitignore", "ignored.txt\n");
    team.write("ignored.txt", first.identity);
    symlinkSync(join(team.cwd, "ignored.txt"), join(team.cwd, "link.txt"));
    const found = by((await team.doctor()).findings, "private-key");
    expect(found.map(({ file, line, level }) => `${level} ${file}:${line}`)).toEqual([
      "error argocd.yaml:10",
      "error keys.txt:2",
      "error secret.yaml:1",
      "error secret.yaml:2",
      "error secret.yaml:3",
    ]);
    expect(found.map(({ message }) => /age1\S+/.exec(message)![0])).toEqual([
      await team.recipient(),
      stranger.recipient,
      second.recipient,
      second.recipient,
      second.recipient,
    ]);
  });

  test("a cluster whose Secret has the key of before the rotation", async () => {
    const team = await makeTeam();
    await team.call("cluster", "argocd", "-o", "argocd.enc.yaml");
    const old = await team.recipient();
    await team.call("org", "rotate");
    const { findings, exit } = await team.doctor();
    expect(by(findings, "cluster-key")).toMatchObject([
      { level: "error", file: "argocd.enc.yaml", message: expect.stringContaining(old) },
    ]);
    expect(by(findings, "cluster-key")[0]!.message).toContain(await team.recipient());
    expect(exit).toBe(10);
    // What the cluster has does not open what is re-encrypted.
    const { stdout } = await team.sops("argocd.enc.yaml", await exported(team));
    const key: string = parse(stdout.split("\n---\n")[0]!).stringData["age.agekey"];
    await team.call("org", "reencrypt", ".");
    expect((await team.sops("shop.yaml", key)).exit).toBe(128);
    await team.call("cluster", "argocd", "-o", "argocd.enc.yaml");
    expect(by((await team.doctor()).findings, "cluster-key")).toEqual([]);
  });

  test("the key of a cluster, from within: there is no keyring", async () => {
    const team = await makeTeam();
    const home = join(dirname(team.cwd), "none");
    const within = async (key: string) => {
      const file = join(dirname(team.cwd), "age.agekey");
      writeFileSync(file, key, { mode: 0o600 });
      const { SOPS_AGE_KEY: _, ...env } = team.env;
      const options = { cwd: team.cwd, env: { ...env, ISOSOPS_HOME: home, SOPS_AGE_KEY_FILE: file } };
      const { exit, stdout } = await isosops(["doctor", "--json"], options);
      return { exit, findings: (JSON.parse(stdout) as { findings: Finding[] }).findings };
    };
    const right = await within(await keyOf(team));
    expect(right.exit).toBe(0);
    expect(by(right.findings, "no-key")).toMatchObject([{ level: "ok", message: expect.stringContaining("2 of 2") }]);
    const wrong = await within(stranger.identity);
    expect(wrong.exit).toBe(10);
    expect(by(wrong.findings, "no-key")).toMatchObject([
      { level: "error", file: "shop.yaml", message: expect.stringContaining(stranger.recipient) },
      { level: "error", file: "grafana.yaml" },
    ]);
    expect((await team.sops("shop.yaml", stranger.identity)).exit).toBe(128);
  });

  test("a value that was changed by hand, and a file that was cut by a merge", async () => {
    const team = await makeTeam();
    team.write("grafana.yaml", team.read("grafana.yaml").replace("adminUser: admin", "adminUser: root"));
    await encryptFor(team, { recipient: await team.recipient() }, "cut.yaml", grafana);
    team.write("cut.yaml", `<<<<<<< ours\n${team.read("cut.yaml")}`);
    const key = await keyOf(team);
    const { findings, exit } = await team.doctor();
    expect(by(findings, "undecryptable")).toMatchObject([
      { level: "error", file: "grafana.yaml", message: expect.stringContaining("MAC") },
    ]);
    expect(by(findings, "damaged")).toMatchObject([{ level: "error", file: "cut.yaml" }]);
    expect(exit).toBe(10);
    expect((await team.sops("grafana.yaml", key)).exit).toBe(51);
    expect((await team.sops("cut.yaml", key)).exit).toBe(1);
  });

  test("a .sops.yaml for other recipients", async () => {
    const team = await makeTeam({});
    const recipient = await team.recipient();
    team.write(
      ".sops.yaml",
      `creation_rules:\n  - path_regex: ^ours/\n    age: ${recipient}\n  - path_regex: \\.yaml$\n    age: ${stranger.recipient}\n`,
    );
    team.write("new.yaml", grafana);
    const { findings } = await team.doctor();
    expect(by(findings, "configuration")).toMatchObject([
      { level: "warning", file: ".sops.yaml", line: 4, message: expect.stringContaining(recipient) },
    ]);
    expect(by(findings, "configuration")[0]!.message).toContain(stranger.recipient);
    // Which is what sops does.
    await run(sops!, ["--disable-version-check", "encrypt", "-i", "new.yaml"], { cwd: team.cwd, env: {} });
    expect((await team.sops("new.yaml", await exported(team))).exit).toBe(128);
    expect((await team.sops("new.yaml", stranger.identity)).exit).toBe(0);
  });

  test("an environment that leads nowhere", async () => {
    const team = await makeTeam({});
    const file = join(dirname(team.cwd), "keys.txt");
    for (const [level, key] of [
      ["error", ""],
      ["warning", first.identity],
    ] as const) {
      const env = { SOPS_AGE_KEY_FILE: file, SOPS_AGE_KEY: key };
      const found = by((await team.doctor([], env)).findings, "identities").filter(({ message }) =>
        message.includes(file),
      );
      expect(found).toMatchObject([{ level }]);
      await encryptFor(team, first, "own.yaml", grafana);
      // Where another key fits, sops does without the file.
      const flags = ["--disable-version-check", "decrypt", "own.yaml"];
      expect((await run(sops!, flags, { cwd: team.cwd, env })).exit).toBe(level === "error" ? 128 : 0);
    }
    writeFileSync(file, "AGE-SECRET-KEY-1\n", { mode: 0o644 });
    const broken = await team.doctor([], { SOPS_AGE_KEY_FILE: file });
    expect(by(broken.findings, "identities")).toMatchObject([
      { level: "warning", message: expect.stringContaining("line 1") },
    ]);
    if (process.platform !== "win32")
      expect(by(broken.findings, "identity-mode")).toMatchObject([
        { level: "warning", file: expect.stringContaining("keys.txt") },
      ]);
    // A command is not run, and so cannot ask for anything.
    const marker = join(team.cwd, "run");
    expect((await team.doctor([], { SOPS_AGE_KEY_CMD: `touch ${marker}` })).exit).toBe(0);
    expect(() => readFileSync(marker)).toThrow();
  });

  test("what was encrypted by sops itself, in each format", async () => {
    const team = await makeTeam({});
    const plain = { "a.json": '{"token": "x"}', "b.env": "TOKEN=x\n", "c.ini": "[a]\ntoken = x\n", "d.bin": "x" };
    for (const [name, text] of Object.entries(plain)) {
      team.write(name, text);
      const flags = ["--disable-version-check", "encrypt", "-i", "--age", stranger.recipient, name];
      expect((await run(sops!, flags, { cwd: team.cwd, env: {} })).exit).toBe(0);
    }
    expect(by((await team.doctor()).findings, "foreign-key").map(({ file }) => file)).toEqual(Object.keys(plain));
  });

  test("very many findings in a file, and very deep or long ones, take no longer than they have to", async () => {
    const team = await makeTeam({});
    const recipient = await team.recipient();
    const many = Array.from(
      { length: 5_000 },
      (_, index) => `k${index}: { token_${index}_token: plain-secret-1 }\n`,
    ).join("");
    await encryptFor(team, { recipient }, "many.yaml", `password: x\n${many}`, ["--encrypted-regex", "^password$"]);
    team.write("keys.txt", `${stranger.identity}\n`.repeat(2_000));
    team.write("deep.yaml", `kind: Secret\na: ${"[".repeat(100_000)}ENC[AES256_GCM,`);
    team.write("long.txt", `ENC[AES256_GCM,${"A".repeat(5_000_000)}QUdFLVNFQ1JFVC1LRVkt`);
    await encryptFor(team, { recipient }, "damaged.yaml", many, ["--encrypted-regex", "_token$"]);
    team.write("damaged.yaml", team.read("damaged.yaml").replace(/,tag:[^,]*,/g, ",tag:AAAA,"));
    const start = performance.now();
    const { findings } = await team.doctor(["."]);
    expect(performance.now() - start).toBeLessThan(30_000);
    for (const rule of ["private-key", "unlisted", "damaged"]) {
      const found = by(findings, rule);
      expect(found.length).toBeGreaterThan(10);
      expect(found.length).toBeLessThan(30);
    }
  });

  test("paths that are not there, and a file that is not a cluster file", async () => {
    const team = await makeTeam();
    expect(await isosops(["doctor", "nowhere"], team)).toMatchObject({ exit: 100, stdout: "" });
    team.write("other.yaml", "kind: Cluster\n");
    expect(by((await team.doctor(["-f", "other.yaml", "shop.yaml"])).findings, "cluster-file")).toMatchObject([
      { level: "error", file: "other.yaml" },
    ]);
  });
});

async function keyOf(team: Team): Promise<string> {
  return /^AGE-SECRET-KEY-1\S+$/m.exec(await exported(team))![0];
}
