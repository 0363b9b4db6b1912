/** The command as one file, without Node, made by Bun for this system: `executables.js`. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pluginIdentityText } from "@isosops/age";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { besideAge, liveReason, skipLive } from "../../age/test/real-age.js";
import { type GnupgHome, gnupg, makeHome, noGnupg } from "../../keys/test/gnupg-home.js";
import { startCloudStorage } from "./cloud-storage.js";
import {
  first,
  makeFolder,
  noSops,
  type Outcome,
  plainYaml,
  type RunOptions,
  run,
  second,
  secrets,
  sops,
} from "./support.js";
import { hasTerminals, typeTo } from "./terminal.js";

const runtimes = (await import(new URL("../../../runtime-tests/find.js", import.meta.url).href)) as {
  findBun(): string | undefined;
};
const script = fileURLToPath(new URL("../executables.js", import.meta.url));
const repository = fileURLToPath(new URL("../../../", import.meta.url));
const systemName = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;

// Where the live tests have to run (in CI), a missing Bun is a failure.
const skipped = runtimes.findBun() === undefined && !process.env.ISOSOPS_REQUIRE_LIVE;
const why = skipped ? " (skipped: there is no Bun: node runtime-tests/install.js)" : "";

const made = makeFolder();
/** A folder that contains the executable, and a link `sops` to it, alone. */
const bin = makeFolder();
const ending = process.platform === "win32" ? ".exe" : "";
const program = join(bin, `isosops${ending}`);
const keys = { SOPS_AGE_KEY: first.identity, SOPS_AGE_RECIPIENTS: first.recipient };
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** Runs it where neither Node nor anything of this repository is found. */
const isosops = (args: readonly string[], options: RunOptions): Promise<Outcome> =>
  run(program, args, { ...options, env: { PATH: "/usr/bin:/bin", ...keys, ...options.env } });

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

describe.skipIf(skipped)(`an executable${why}`, () => {
  beforeAll(() => {
    execFileSync(process.execPath, [script, "--target", systemName, "--output", made], { stdio: "pipe" });
    copyFileSync(join(made, `isosops-${version}-${systemName}${ending}`), program);
  }, 120_000);

  test("has a checksum and licences beside it, and no path of this machine in it", () => {
    const name = `isosops-${version}-${systemName}${ending}`;
    expect(readdirSync(made).sort()).toEqual(["LICENSES.txt", "SHA256SUMS", name].sort());
    const bytes = readFileSync(program);
    const sum = createHash("sha256").update(bytes).digest("hex");
    expect(readFileSync(join(made, "SHA256SUMS"), "utf8")).toBe(`${sum}  ${name}\n`);
    const licences = readFileSync(join(made, "LICENSES.txt"), "utf8");
    for (const part of [
      /^commander \d/m,
      /JavaScriptCore/,
      /--bun PATH/,
      /GNU LIBRARY GENERAL PUBLIC LICENSE/,
      /oven-sh\/bun\/tree\/bun-v\d/,
    ]) {
      expect(licences).toMatch(part);
    }
    expect(bytes.includes(repository)).toBe(false);
    expect(bytes.includes(dirname(made))).toBe(false);
  });

  test.skipIf(process.platform === "win32")("sha256sum checks it", () => {
    const [command, ...args] = process.platform === "darwin" ? ["shasum", "-a", "256"] : ["sha256sum"];
    const said = execFileSync(command!, [...args, "--check", "SHA256SUMS"], { cwd: made, encoding: "utf8" });
    expect(said).toMatch(/: OK$/m);
  });

  test("says its version, and by the name sops the one that clients look for", async () => {
    const cwd = makeFolder();
    expect(await isosops(["--version"], { cwd })).toMatchObject({
      exit: 0,
      stdout: `isosops ${version}\n`,
      stderr: "",
    });
    if (process.platform === "win32") return;
    const link = join(makeFolder(), "sops");
    symlinkSync(program, link);
    const { stdout } = await run(link, ["--version"], { cwd });
    expect(stdout).toBe("sops 3.13.3\n");
    // Found in the PATH, it is told its name alone.
    const byName = await run("sops", ["decrypt", "nowhere.yaml"], { cwd, env: { PATH: dirname(link) } });
    expect(byName).toMatchObject({ exit: 100 });
    expect(byName.stderr).toContain("cannot operate on non-existent file");
  });

  test.skipIf(sops === undefined)(
    `works as sops does${sops === undefined ? ` (skipped: ${noSops})` : ""}`,
    async () => {
      const cwd = makeFolder({ "file.yaml": plainYaml });
      const options = { cwd, env: keys };
      expect(await isosops(["encrypt", "--output", "ours.yaml", "file.yaml"], options)).toMatchObject({ exit: 0 });
      for (const secret of secrets.slice(0, 2))
        expect(readFileSync(join(cwd, "ours.yaml"), "utf8")).not.toContain(secret);
      const opened = await run(sops!, ["decrypt", "--output-type", "json", "ours.yaml"], options);
      expect(JSON.parse(opened.stdout)).toMatchObject({ password: secrets[0], nested: { token: secrets[1] } });

      await run(sops!, ["encrypt", "--output", "theirs.yaml", "file.yaml"], options);
      expect(await isosops(["set", "theirs.yaml", '["nested"]["pin"]', '"new"'], options)).toMatchObject({ exit: 0 });
      const theirs = await run(sops!, ["decrypt", "theirs.yaml"], options);
      const ours = await isosops(["decrypt", "--layout", "sops", "theirs.yaml"], options);
      expect(ours).toEqual(theirs);
      expect(ours.stdout).toContain("pin: new\n");
      expect(await isosops(["decrypt", "file.yaml"], options)).toMatchObject({ exit: 1, stdout: "" });
    },
  );

  test("does not read the .env and bunfig.toml of the working folder", async () => {
    const { SOPS_AGE_KEY: _, ...withoutKey } = keys;
    const encrypted = await isosops(["encrypt", "--filename-override", "a.json"], {
      cwd: makeFolder(),
      stdin: '{"a": "1"}',
    });
    const cwd = makeFolder({
      "a.json": encrypted.stdout,
      ".env": `SOPS_AGE_KEY=${first.identity}\n`,
      "bunfig.toml": 'preload = ["./never.js"]\n',
      "never.js": 'console.log("loaded");',
    });
    const outcome = await run(program, ["decrypt", "a.json"], { cwd, env: { PATH: "/usr/bin:/bin", ...withoutKey } });
    expect(outcome).toMatchObject({ exit: 128, stdout: "" });
  });

  test("writes a script for completion", async () => {
    const { exit, stdout } = await isosops(["completion", "bash"], { cwd: makeFolder() });
    expect(exit).toBe(0);
    expect(stdout).toContain("complete ");
  });

  describe.skipIf(process.platform === "win32")("with other programs", () => {
    const cwd = makeFolder();
    beforeAll(async () => {
      const { stdout } = await isosops(["encrypt", "--filename-override", "file.yaml"], { cwd, stdin: "a: one\n" });
      writeFileSync(join(cwd, "file.yaml"), stdout);
    });

    test("edit runs the editor", async () => {
      writeFileSync(join(cwd, "editor.sh"), '#!/bin/sh\nsed s/one/two/ "$1" > "$1.new" && mv "$1.new" "$1"\n');
      chmodSync(join(cwd, "editor.sh"), 0o755);
      copyFileSync(join(cwd, "file.yaml"), join(cwd, "edited.yaml"));
      const edited = await isosops(["edit", "edited.yaml"], { cwd, env: { EDITOR: join(cwd, "editor.sh") } });
      expect(edited).toMatchObject({ exit: 0, stderr: "" });
      expect(await isosops(["decrypt", "edited.yaml"], { cwd })).toMatchObject({ stdout: "a: two\n" });
    });

    test.skipIf(!hasTerminals)("edit on a terminal: again after a mistake, and Ctrl+C at the question", async () => {
      const folder = makeFolder({ "file.yaml": readFileSync(join(cwd, "file.yaml"), "utf8") });
      const editor = join(folder, "editor.sh");
      writeFileSync(editor, `#!/bin/sh\ntest -t 0 && echo editing\nread answer\necho "a: $answer" > "$1"\n`);
      chmodSync(editor, 0o755);
      const options = { cwd: folder, env: { ...keys, EDITOR: editor } };
      const edit = (steps: [string, string][]) => typeTo([program, "edit", "file.yaml"], steps, options);
      const edited = await edit([
        ["editing", "[\n"],
        ["Press enter", "\n"],
        ["editing", "two\n"],
      ]);
      expect(edited, edited.stdout).toMatchObject({ exit: 0 });
      expect(await isosops(["decrypt", "file.yaml"], { cwd: folder })).toMatchObject({ stdout: "a: two\n" });
      const before = readFileSync(join(folder, "file.yaml"), "utf8");
      const cancelled = await edit([
        ["editing", "[\n"],
        ["Press enter", "\u0003"],
      ]);
      expect(cancelled, cancelled.stdout).toMatchObject({ exit: 1 });
      expect(cancelled.stdout).toContain("User canceled operation");
      expect(readFileSync(join(folder, "file.yaml"), "utf8")).toBe(before);
    });

    test("publish puts a file where its rule says", async () => {
      const storage = await startCloudStorage();
      try {
        const text = readFileSync(join(cwd, "file.yaml"), "utf8");
        const folder = makeFolder({
          "file.yaml": text,
          ".sops.yaml": `destination_rules:\n  - {gcs_bucket: bkt, gcs_prefix: a/, recreation_rule: {age: ${second.recipient}}}\n`,
        });
        const options = { cwd: folder, env: { ...keys, STORAGE_EMULATOR_HOST: storage.host } };
        const published = await isosops(["publish", "--yes", "file.yaml"], options);
        expect(published, published.stderr).toMatchObject({ exit: 0 });
        expect([...storage.objects.keys()]).toEqual(["bkt/a/file.yaml"]);
        writeFileSync(join(folder, "published.yaml"), storage.objects.get("bkt/a/file.yaml")!);
        const open = ({ identity }: { identity: string }) =>
          isosops(["decrypt", "published.yaml"], { cwd: folder, env: { SOPS_AGE_KEY: identity } });
        expect(await open(second)).toMatchObject({ exit: 0, stdout: "a: one\n" });
        expect(await open(first)).toMatchObject({ exit: 128 });
        expect(readFileSync(join(folder, "file.yaml"), "utf8")).toBe(text);
      } finally {
        await storage.stop();
      }
    });

    test("exec-env passes on the exit code, and signals", async () => {
      expect(await isosops(["exec-env", "file.yaml", 'echo "$a"; exit 7'], { cwd })).toMatchObject({
        exit: 7,
        stdout: "one\n",
      });
      const waits = 'trap "echo told; exit 9" TERM; echo ready; while :; do sleep 0.05; done';
      const told = await isosops(["exec-env", "file.yaml", waits], {
        cwd,
        started: (child) => child.stdout!.once("data", () => child.kill("SIGTERM")),
      });
      expect(told).toMatchObject({ exit: 9, stdout: "ready\ntold\n" });
    });

    test("exec-file hands out a pipe, or a file, which is gone afterwards", async () => {
      const piped = await isosops(["exec-file", "file.yaml", "test -p {} && cat {}; echo {} >&2"], { cwd });
      expect(piped).toMatchObject({ exit: 0, stdout: "a: one\n" });
      const plain = await isosops(["exec-file", "--no-fifo", "file.yaml", "test -f {} && cat {}; echo {} >&2"], {
        cwd,
      });
      expect(plain).toMatchObject({ exit: 0, stdout: "a: one\n" });
      for (const { stderr } of [piped, plain]) expect(() => readFileSync(stderr.trim())).toThrow("ENOENT");
    });

    test("asks a key service, which another one of it is", async () => {
      const socket = join(makeFolder(), "keys.sock");
      const service = spawn(program, ["keyservice", "--network", "unix", "--address", socket], {
        cwd,
        env: { ...keys, HOME: cwd, PATH: "/usr/bin:/bin" },
        stdio: ["ignore", "ignore", "pipe"],
      });
      running.add(service);
      await new Promise((resolve) => service.stderr.once("data", resolve));
      const asked = await isosops(
        ["decrypt", "--enable-local-keyservice=false", "--keyservice", `unix://${socket}`, "file.yaml"],
        { cwd, env: { SOPS_AGE_KEY: "" } },
      );
      service.kill();
      expect(asked).toMatchObject({ exit: 0, stdout: "a: one\n" });
    });

    test.skipIf(skipLive)(`a plugin of age opens a file${liveReason}`, async () => {
      const [recipient] = readFileSync(new URL("../../age/test/tagtest-recipients.txt", import.meta.url), "utf8").split(
        "\n",
      );
      const encrypted = await isosops(["encrypt", "--age", recipient!, "--filename-override", "a.json"], {
        cwd,
        stdin: '{"a": "1"}',
      });
      writeFileSync(join(cwd, "tagged.json"), encrypted.stdout);
      const env = {
        SOPS_AGE_KEY: pluginIdentityText("tagtest"),
        PATH: `${dirname(besideAge("age-plugin-tagtest"))}${delimiter}/usr/bin:/bin`,
      };
      expect(await isosops(["decrypt", "--extract", '["a"]', "tagged.json"], { cwd, env })).toMatchObject({
        exit: 0,
        stdout: "1",
      });
    });

    let home: GnupgHome | undefined;
    afterAll(() => home?.remove());

    test.skipIf(gnupg === undefined)(
      `gpg opens a file${noGnupg === undefined ? "" : ` (skipped: ${noGnupg})`}`,
      async () => {
        home = makeHome(gnupg!);
        const fingerprint = home.makeKey("test", "ed25519");
        home.addSubkey(fingerprint, "cv25519");
        const env = { GNUPGHOME: home.folder, SOPS_GPG_EXEC: gnupg!.path, SOPS_AGE_RECIPIENTS: "", SOPS_AGE_KEY: "" };
        const encrypted = await isosops(["encrypt", "--pgp", fingerprint, "--filename-override", "a.json"], {
          cwd,
          env,
          stdin: '{"a": "1"}',
        });
        expect(encrypted).toMatchObject({ exit: 0, stderr: "" });
        writeFileSync(join(cwd, "pgp.json"), encrypted.stdout);
        expect(await isosops(["decrypt", "--extract", '["a"]', "pgp.json"], { cwd, env })).toMatchObject({
          stdout: "1",
        });
      },
    );

    test("org serve encrypts and decrypts in a thread of its own", async () => {
      const token = "a-token-that-nobody-guesses";
      const env = { ...keys, HOME: cwd, ISOSOPS_HOME: join(cwd, "home"), ISOSOPS_TOKEN: token, PATH: "/usr/bin:/bin" };
      expect(await isosops(["org", "init", "--recipient", first.recipient], { cwd, env })).toMatchObject({ exit: 0 });
      const child = spawn(program, ["org", "serve", "--listen", "127.0.0.1:0"], {
        cwd,
        env,
        stdio: ["ignore", "ignore", "pipe"],
      });
      running.add(child);
      let said = "";
      const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
      const url = await new Promise<string>((resolve, reject) => {
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
          said += text;
          const address = /^Listening on (\S+)$/m.exec(said)?.[1];
          if (address !== undefined) resolve(address);
        });
        ended.then(() => reject(new Error(said)));
      });
      const call = async (path: string, body: object) => {
        const response = await fetch(`${url}/api/v1/org/sops/${path}`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        return { status: response.status, value: (await response.json()) as Record<string, string> };
      };
      const encrypted = await call("encrypt", { yaml_content: plainYaml, encrypted_paths: ["password"] });
      expect(encrypted.status).toBe(200);
      expect(encrypted.value.encrypted_yaml).not.toContain(secrets[0]);
      const decrypted = await call("decrypt", { encrypted_yaml: encrypted.value.encrypted_yaml });
      expect(decrypted.value.decrypted_content).toBe(plainYaml);
      child.kill("SIGTERM");
      expect(await ended).toBe(0);
    });
  });
});
