/** `isosops encrypt` for the organisation that a repository tells of, by whoever has no keyring. sops decrypts what is written. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { first, isosops, makeFolder, type Outcome, plainYaml, run, second, tools } from "./support.js";

interface Colleague {
  cwd: string;
  /** The organisation's public key. */
  recipient: string;
  /** Its private key. */
  identity: string;
  call(...args: string[]): Promise<Outcome>;
  /** The same with the keyring. */
  admin(...args: string[]): Promise<Outcome>;
  read(name: string): string;
}

async function makeColleague(): Promise<Colleague> {
  const folder = makeFolder();
  const cwd = join(folder, "repository");
  mkdirSync(join(cwd, "apps"), { recursive: true });
  writeFileSync(join(cwd, "apps", "shop.yaml"), plainYaml);
  execFileSync("git", ["init", "--quiet"], { cwd });
  const env = { HOME: folder, XDG_CONFIG_HOME: join(folder, "config") };
  const withKeyring = { ...env, ISOSOPS_HOME: join(folder, "home"), SOPS_AGE_KEY: first.identity };
  const admin = (...args: string[]) => isosops(args, { cwd, env: withKeyring, noTerminal: true });
  const made = await admin("org", "init", "--recipient", first.recipient);
  expect(made.exit).toBe(0);
  return {
    cwd,
    recipient: made.stdout.trim(),
    identity: (await admin("org", "export")).stdout,
    call: (...args) => isosops(args, { cwd, env, noTerminal: true }),
    admin,
    read: (name) => readFileSync(join(cwd, name), "utf8"),
  };
}

const readersOf = (text: string) => [...text.matchAll(/recipient: (\S+)/g)].map(([, recipient]) => recipient);

async function expectOpens(cwd: string, name: string, identity: string): Promise<void> {
  for (const { path, version } of tools.findSops()) {
    const { exit, stdout } = await run(path, ["--disable-version-check", "decrypt", name], {
      cwd,
      env: { SOPS_AGE_KEY: identity },
    });
    expect({ version, exit, opens: stdout.includes("plain-secret-1") }).toEqual({ version, exit: 0, opens: true });
  }
}

describe.concurrent("the organisation's key", () => {
  test("is told where nobody is named, and taken where it is asked for", async () => {
    const { cwd, recipient, identity, call, read } = await makeColleague();
    const file = "apps/shop.yaml";
    const refused = await call("encrypt", "--in-place", file);
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain(
      `For the organisation's key, ${recipient}, which is in .isosops/organisation.yaml: add --organisation.`,
    );
    expect(read(file)).toBe(plainYaml);
    expect(await call("encrypt", "--organisation", "--in-place", file)).toMatchObject({ exit: 0, stderr: "" });
    expect(readersOf(read(file))).toEqual([recipient]);
    await expectOpens(cwd, file, identity);
  });

  test("goes with readers of one's own, and a rule that names readers goes first", async () => {
    const { cwd, recipient, identity, call, read } = await makeColleague();
    const file = "apps/shop.yaml";
    expect((await call("encrypt", "--organisation", "--age", second.recipient, "-i", file)).exit).toBe(0);
    expect(readersOf(read(file))).toEqual([second.recipient, recipient]);
    await expectOpens(cwd, file, identity);
    await expectOpens(cwd, file, second.identity);

    writeFileSync(join(cwd, file), plainYaml);
    writeFileSync(join(cwd, ".sops.yaml"), `creation_rules:\n  - age: ${second.recipient}\n`);
    expect((await call("encrypt", "-i", file)).exit).toBe(0);
    expect(readersOf(read(file))).toEqual([second.recipient]);

    writeFileSync(join(cwd, file), plainYaml);
    writeFileSync(join(cwd, ".sops.yaml"), "creation_rules:\n  - encrypted_regex: ^password$\n");
    const refused = await call("encrypt", "-i", file);
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain("names no keys. Add");
    expect(refused.stderr).toContain(`${recipient}, which is in .isosops/organisation.yaml: add --organisation.`);
    // What the rule says of values stays.
    expect((await call("encrypt", "--organisation", "-i", file)).exit).toBe(0);
    expect(read(file)).toContain("user: shop");
    expect(readersOf(read(file))).toEqual([recipient]);
    await expectOpens(cwd, file, identity);
  });

  test("is that of now: after a rotation the new one, and none from an old copy of the keyring", async () => {
    const { cwd, recipient, call, admin, read } = await makeColleague();
    const home = join(cwd, "..", "home", "keyring.json");
    const copy = readFileSync(home);
    expect((await admin("org", "rotate")).exit).toBe(0);
    const file = "apps/shop.yaml";
    expect((await call("encrypt", "--organisation", "-i", file)).exit).toBe(0);
    const [reader, ...others] = readersOf(read(file));
    expect(others).toEqual([]);
    expect(reader).not.toBe(recipient);
    await expectOpens(cwd, file, (await admin("org", "export")).stdout);
    writeFileSync(join(cwd, file), plainYaml);
    writeFileSync(home, copy);
    const refused = await admin("encrypt", "--organisation", "-i", file);
    expect(refused.exit).not.toBe(0);
    expect(refused.stderr).toContain("old copy");
    expect(read(file)).toBe(plainYaml);
  });

  test("says so where nothing tells of an organisation", async () => {
    const { cwd, call, read } = await makeColleague();
    rmSync(join(cwd, ".isosops"), { recursive: true });
    const refused = await call("encrypt", "--organisation", "-i", "apps/shop.yaml");
    expect(refused).toMatchObject({ exit: 1, stderr: expect.stringContaining("--organisation: neither a keyring") });
    expect((await call("encrypt", "apps/shop.yaml")).stderr).not.toContain("--organisation");
    expect(read("apps/shop.yaml")).toBe(plainYaml);
  });
});
