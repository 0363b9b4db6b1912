/** `isosops keyservice`, `--keyservice` and their variables, live with sops in both roles. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { freePort, type SopsKeyService, startSopsKeyService } from "../../keys/test/sops-keyservice.js";
import { bin, first, isosops, makeFolder, noSops, plainYaml, run, second, secrets, sops, tools } from "./support.js";

const versions = tools.findSops().filter(({ version }) => /^3\.(9\.4|13\.3)$/.test(version));
const toldOfSops = versions.length === 0 ? [{ version: "3.13.3", path: "" }] : versions;

interface Service {
  readonly address: string;
  readonly output: () => string;
  readonly child: ChildProcess;
  /** Ends it, and returns its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const running = new Set<{ stop(): Promise<unknown> }>();
afterEach(async () => {
  for (const service of running) await service.stop();
  running.clear();
});

/** Our key service, with the first key. */
async function serve(
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = { SOPS_AGE_KEY: first.identity },
): Promise<Service> {
  const child = spawn(process.execPath, [bin, "keyservice", ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? "", HOME: cwd, XDG_CONFIG_HOME: join(cwd, "config"), ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const address = await new Promise<string>((resolve, reject) => {
    const onData = (piece: Buffer) => {
      output += piece.toString();
      const found = /Listening on (\S+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on("data", onData);
    child.stderr.on("data", onData);
    ended.then(() => reject(new Error(output)));
  });
  const service: Service = {
    address,
    output: () => output,
    child,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return ended;
    },
  };
  running.add(service);
  return service;
}

/** A folder with a file for the first key. */
async function folder(): Promise<string> {
  const cwd = makeFolder({ "f.yaml": plainYaml, "plain.yaml": plainYaml });
  expect(await isosops(["encrypt", "-i", "--age", first.recipient, "f.yaml"], { cwd })).toMatchObject({ exit: 0 });
  return cwd;
}

const places = (cwd: string) => [
  { name: "tcp", args: ["--network", "tcp", "--address", "127.0.0.1:0"] },
  { name: "unix", args: ["--net", "unix", "--addr", join(cwd, "our.sock")] },
];

describe.each(toldOfSops)("sops $version", ({ path }) => {
  test("asks our service, over TCP and over a socket", async ({ skip }) => {
    if (path === "") return skip(noSops);
    const cwd = await folder();
    for (const { name, args } of places(cwd)) {
      const service = await serve(cwd, args);
      expect(service.address).toMatch(name === "tcp" ? /^tcp:\/\/127\.0\.0\.1:\d+$/ : /^unix:\/\/\//);
      if (name === "unix") expect(statSync(join(cwd, "our.sock")).mode & 0o777).toBe(0o600);
      const flags = ["--enable-local-keyservice=false", "--keyservice", service.address];
      const decrypted = await run(path, ["decrypt", ...flags, "f.yaml"], { cwd });
      expect(decrypted, decrypted.stderr).toMatchObject({ exit: 0 });
      expect(decrypted.stdout).toContain(secrets[0]);
      const encrypted = await run(path, ["encrypt", ...flags, "--age", first.recipient, "plain.yaml"], { cwd });
      expect(encrypted, encrypted.stderr).toMatchObject({ exit: 0 });
      writeFileSync(join(cwd, "theirs.yaml"), encrypted.stdout);
      const opened = await isosops(["decrypt", "theirs.yaml"], { cwd, env: { SOPS_AGE_KEY: first.identity } });
      expect(opened).toMatchObject({ exit: 0 });
      expect(await service.stop("SIGINT")).toBe(0);
      expect(existsSync(join(cwd, "our.sock"))).toBe(false);
    }
  });

  test("answers every command of ours", { timeout: 180_000 }, async ({ skip }) => {
    if (path === "") return skip(noSops);
    const cwd = await folder();
    const started: SopsKeyService[] = [];
    const serviceEnv = { HOME: cwd, PATH: process.env.PATH ?? "", SOPS_AGE_KEY: first.identity };
    for (const socket of [undefined, join(cwd, "their.sock")]) {
      const service = await startSopsKeyService(path, serviceEnv, socket);
      running.add(service);
      started.push(service);
    }
    for (const { address } of started) {
      const env = { SOPS_KEYSERVICE: address, SOPS_ENABLE_LOCAL_KEYSERVICE: "false" };
      const flags = ["--keyservice", address, "--enable-local-keyservice=false"];
      const good = async (args: string[], given: Record<string, string> = {}) => {
        const outcome = await isosops(args, { cwd, env: given });
        expect(outcome, outcome.stderr).toMatchObject({ exit: 0, stderr: "" });
        return outcome.stdout;
      };
      writeFileSync(join(cwd, "x.yaml"), plainYaml);
      await good(["encrypt", "-i", ...flags, "--age", first.recipient, "x.yaml"]);
      expect(await good(["decrypt", ...flags, "x.yaml"])).toBe(plainYaml);
      expect(await good([...flags, "-d", "x.yaml"])).toBe(plainYaml);
      expect(await good(["decrypt", "x.yaml"], env)).toBe(plainYaml);
      await good(["set", ...flags, "x.yaml", '["user"]', '"kiosk"'], {});
      await good(["rotate", "-i", "--add-age", second.recipient, "x.yaml"], env);
      await good(["rotate", "-i", ...flags, "--rm-age", second.recipient, "x.yaml"]);
      await good(["groups", "add", "-i", "-f", "x.yaml", "--age", first.recipient], env);
      await good(["groups", "delete", "-i", ...flags, "-f", "x.yaml", "--shamir-secret-sharing-threshold", "1", "1"]);
      writeFileSync(join(cwd, ".sops.yaml"), `creation_rules:\n  - age: ${first.recipient},${second.recipient}\n`);
      const updated = await isosops(["updatekeys", "-y", ...flags, "x.yaml"], { cwd });
      expect(updated, updated.stderr).toMatchObject({ exit: 0 });
      writeFileSync(join(cwd, "v.env"), "NAME=value\n");
      await good(["encrypt", "-i", "v.env"], env);
      expect(await good(["exec-env", ...flags, "v.env", "echo $NAME"])).toBe("value\n");
      expect(await good(["exec-file", "v.env", "cat {}"], env)).toBe("NAME=value\n");
      const theirs = await run(path, ["decrypt", "x.yaml"], { cwd, env: { SOPS_AGE_KEY: first.identity } });
      expect(theirs, theirs.stderr).toMatchObject({ exit: 0 });
      expect(theirs.stdout).toContain("user: kiosk");
    }
  });
});

test("the keys of this machine come first, and a service after them", async () => {
  const cwd = await folder();
  const service = await serve(cwd, [...places(cwd)[0]!.args, "--verbose"]);
  const flags = ["--keyservice", service.address];
  // Nothing of its own fits.
  const env = { SOPS_AGE_KEY: second.identity };
  expect(await isosops(["decrypt", ...flags, "f.yaml"], { cwd, env })).toMatchObject({ exit: 0, stdout: plainYaml });
  expect(service.output()).toContain(`Received request: decrypt with age ${first.recipient}`);
  const asked = service.output().length;
  const own = { SOPS_AGE_KEY: first.identity };
  expect(await isosops(["decrypt", ...flags, "f.yaml"], { cwd, env: own })).toMatchObject({ exit: 0 });
  expect(await isosops(["encrypt", ...flags, "--age", second.recipient, "plain.yaml"], { cwd })).toMatchObject({
    exit: 0,
  });
  expect(service.output().length).toBe(asked);
  // Its own keys are not used where they are not to be, whatever the variable says.
  const args = [
    "decrypt",
    "--enable-local-keyservice=false",
    "--keyservice",
    `tcp://127.0.0.1:${await freePort()}`,
    "f.yaml",
  ];
  const refused = await isosops(args, { cwd, env: { ...own, SOPS_ENABLE_LOCAL_KEYSERVICE: "true" } });
  expect(refused).toMatchObject({
    exit: 128,
    stdout: "",
    stderr: expect.stringMatching(/connection was refused/) as string,
  });
  const on = await isosops(["decrypt", "--enable-local-keyservice", "f.yaml"], {
    cwd,
    env: { ...own, SOPS_ENABLE_LOCAL_KEYSERVICE: "false" },
  });
  expect(on).toMatchObject({ exit: 0 });
});

test("a request is answered when the user says so, and rejected when nobody is there", async () => {
  const cwd = await folder();
  const service = await serve(cwd, [...places(cwd)[0]!.args, "--prompt"]);
  const decrypt = () =>
    isosops(["decrypt", "--enable-local-keyservice=false", "--keyservice", service.address, "f.yaml"], { cwd });
  const answer = async (word: string, wanted: string) => {
    const outcome = decrypt();
    const before = service.output().length;
    while (!service.output().slice(before).includes(wanted)) await new Promise((next) => setTimeout(next, 10));
    expect(service.output()).toContain(
      `Received decrypt request using ${first.recipient}. Respond to request? (y/n): `,
    );
    service.child.stdin!.write(word);
    return outcome;
  };
  expect(await answer("y\n", "(y/n)")).toMatchObject({ exit: 0, stdout: plainYaml });
  const no = await answer("n\n", "(y/n)");
  expect(no).toMatchObject({ exit: 128, stdout: "", stderr: expect.stringMatching(/rejected/) as string });
  service.child.stdin!.end();
  expect(await decrypt()).toMatchObject({ exit: 128, stdout: "" });
});

describe("what cannot be is an error, and no file is for others", () => {
  test.each<[string, string[], Record<string, string>, number]>([
    ["nobody is left", ["encrypt", "--enable-local-keyservice=false", "--age", first.recipient, "plain.yaml"], {}, 1],
    ["nobody is left to decrypt", ["decrypt", "--enable-local-keyservice=0", "f.yaml"], {}, 128],
    ["nobody is left by the variable", ["decrypt", "f.yaml"], { SOPS_ENABLE_LOCAL_KEYSERVICE: "false" }, 128],
    ["nobody is left by an empty variable", ["decrypt", "f.yaml"], { SOPS_ENABLE_LOCAL_KEYSERVICE: "" }, 128],
    ["neither true nor false", ["decrypt", "f.yaml"], { SOPS_ENABLE_LOCAL_KEYSERVICE: "no" }, 1],
    ["neither true nor false, the flag", ["decrypt", "--enable-local-keyservice=no", "f.yaml"], {}, 1],
    [
      "a service that is not there",
      [
        "encrypt",
        "--enable-local-keyservice=false",
        "--keyservice",
        "tcp://127.0.0.1:1",
        "--age",
        first.recipient,
        "plain.yaml",
      ],
      {},
      1,
    ],
  ])("%s, as in sops", async (_, args, more, exit) => {
    const cwd = await folder();
    const env = { SOPS_AGE_KEY: first.identity, ...more };
    expect(await isosops(args, { cwd, env })).toMatchObject({
      exit,
      stdout: "",
      stderr: expect.stringMatching(/^error: /) as string,
    });
    if (sops !== undefined) expect(await run(sops, args, { cwd, env })).toMatchObject({ exit });
  });

  test.each([
    "nonsense",
    "tcp://127.0.0.1",
    "udp://127.0.0.1:1",
    "tcp://127.0.0.1:1,unix:///tmp/x",
    "https://127.0.0.1:1",
  ])("the address %s", async (address) => {
    const cwd = await folder();
    const env = { SOPS_AGE_KEY: first.identity };
    const outcome = await isosops(["decrypt", "--keyservice", address, "f.yaml"], { cwd, env });
    expect(outcome).toMatchObject({
      exit: 1,
      stdout: "",
      stderr: expect.stringMatching(/no address of a key service/) as string,
    });
  });

  test.each<[string, string[]]>([
    ["a network", ["--network", "udp"]],
    ["an address", ["--address", "nonsense"]],
    ["a port", ["--address", "127.0.0.1:70000"]],
    ["a folder that is missing", ["--network", "unix", "--address", "missing/x.sock"]],
  ])("no service can listen: %s", async (_, args) => {
    const cwd = makeFolder();
    const outcome = await isosops(["keyservice", ...args], { cwd });
    expect(outcome).toMatchObject({ exit: 1, stdout: "", stderr: expect.stringMatching(/^error: /) as string });
    if (sops !== undefined) expect(await run(sops, ["keyservice", ...args], { cwd })).toMatchObject({ exit: 1 });
  });

  test("an address that others can reach is warned of", async () => {
    const cwd = makeFolder();
    const service = await serve(cwd, ["--address", `0.0.0.0:${await freePort()}`]);
    expect(service.output()).toMatch(/^warning: this address is not a loopback address/);
  });
});
