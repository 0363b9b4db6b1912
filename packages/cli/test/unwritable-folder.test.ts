/** Files that can be written, but not replaced: in a folder where nothing can be created, and mounted alone. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { bin, first, makeFolder, noSops, type Outcome, run, sops } from "./support.js";

const isRoot = process.getuid?.() === 0;
/** Root may write anywhere, so these run as nobody. */
const nobody = 65534;
const asUser = isRoot ? ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"] : [];
const canBeUser =
  process.platform !== "win32" &&
  (!isRoot || spawnSync(asUser[0]!, [...asUser.slice(1), process.execPath, bin, "--version"]).status === 0);
const unshare = ["unshare", "--map-root-user", "--mount"];
const canMount = spawnSync(unshare[0]!, [...unshare.slice(1), "sh", "-c", "mount --bind /tmp /tmp"]).status === 0;

const age = ["--age", first.recipient];
const plain = "password: one\nlong: a value that is to be removed\n";

const closed: string[] = [];
// So that they can be removed.
afterAll(() => {
  for (const folder of closed) chmodSync(folder, 0o755);
});

interface Place {
  folder: string;
  file: string;
  home: string;
  state: string;
  isosops(...args: string[]): Promise<Outcome>;
}

/** A file that a user may write, in a folder where the user may not create anything. */
function makePlace(text: string, preload?: string): Place {
  const top = makeFolder();
  for (const path of [top, dirname(top)]) chmodSync(path, 0o755);
  const [folder, home] = [join(top, "closed"), join(top, "home")];
  mkdirSync(folder);
  mkdirSync(home, { mode: 0o755 });
  const file = join(folder, "secret.yaml");
  writeFileSync(file, text);
  chmodSync(file, 0o666);
  if (isRoot) chownSync(home, nobody, nobody);
  chmodSync(folder, 0o555);
  closed.push(folder);
  const env = { HOME: home, SOPS_AGE_KEY: first.identity };
  const [program, ...before] = [...asUser, process.execPath, ...(preload === undefined ? [] : ["-r", preload]), bin];
  return {
    ...{ folder, file, home, state: join(home, ".local/state/isosops") },
    isosops: (...args) => run(program!, [...before, ...args], { cwd: folder, env }),
  };
}

describe.skipIf(!canBeUser)(
  `in a folder where nothing can be created${canBeUser ? "" : " (skipped: no other user who may run the command)"}`,
  () => {
    test("a file is overwritten, and nothing stays behind", async ({ skip }) => {
      const { folder, file, state, isosops } = makePlace(plain);
      const inode = statSync(file).ino;
      for (const args of [
        ["encrypt", "-i", ...age, file],
        ["set", file, '["password"]', '"two"'],
        ["unset", file, '["long"]'],
        ["rotate", "-i", file],
      ]) {
        expect(await isosops(...args)).toMatchObject({ exit: 0, stderr: "" });
        expect(readFileSync(file, "utf8")).toMatch(/^password: ENC\[[\s\S]*\n {4}version: 3\.13\.3\n$/);
      }
      if (sops !== undefined) {
        const theirs = await run(sops, ["decrypt", file], { cwd: folder, env: { SOPS_AGE_KEY: first.identity } });
        expect(theirs).toMatchObject({ exit: 0, stdout: "password: two\n" });
      }
      expect(await isosops("decrypt", "-i", file)).toMatchObject({ exit: 0, stderr: "" });
      expect(readFileSync(file, "utf8")).toBe("password: two\n");
      expect(statSync(file).ino).toBe(inode);
      expect(readdirSync(folder)).toEqual(["secret.yaml"]);
      expect(readdirSync(state)).toEqual([]);
      expect(statSync(state).mode & 0o777).toBe(0o700);
      if (sops === undefined) return skip(noSops);
    });

    test("the whole new content is in a folder of the user while the file is overwritten, and the next command tells of it", async () => {
      // Ends as by a power failure, when the new content is written and the rest of the old one is still behind it.
      const preload = join(makeFolder(), "kill.cjs");
      chmodSync(dirname(preload), 0o755);
      writeFileSync(
        preload,
        `const fs = require("node:fs");
fs.ftruncateSync = () => process.kill(process.pid, "SIGKILL");
require("node:module").syncBuiltinESMExports();`,
      );
      const place = makePlace(plain, preload);
      const { file, folder, state } = place;
      const isosops = (...args: string[]) =>
        run(asUser[0] ?? process.execPath, [...asUser.slice(1), ...(isRoot ? [process.execPath] : []), bin, ...args], {
          cwd: folder,
          env: { HOME: place.home, SOPS_AGE_KEY: first.identity },
        });
      expect(await isosops("encrypt", "-i", ...age, file)).toMatchObject({ exit: 0 });
      const before = readFileSync(file);
      expect(await place.isosops("unset", file, '["long"]')).toMatchObject({ signal: "SIGKILL" });
      expect(await isosops("decrypt", file)).not.toMatchObject({ exit: 0 });

      const [name] = readdirSync(state);
      expect(name).toMatch(/^secret\.yaml-[0-9a-f]{16}$/);
      const [whole] = readdirSync(join(state, name!)).filter((entry) => entry.endsWith(".new"));
      const copy = join(state, name!, whole!);
      expect(statSync(copy).mode & 0o777).toBe(0o600);
      const decrypted = await isosops("decrypt", "--input-type", "yaml", "--output-type", "yaml", copy);
      expect(decrypted).toMatchObject({ exit: 0, stdout: "password: one\n" });

      writeFileSync(file, before);
      const next = await isosops("set", file, '["password"]', '"three"');
      expect(next.exit, next.stderr).toBe(0);
      expect(next.stderr).toContain(`${copy} holds the whole new content of a file`);
      expect(existsSync(copy)).toBe(true);
      expect((await isosops("decrypt", file)).stdout).toContain("three");
    });

    test("what the user may not write, and what is not there, stays an error", async () => {
      const { file, folder, state, isosops } = makePlace(plain);
      chmodSync(file, 0o444);
      const refused = await isosops("encrypt", "-i", ...age, file);
      expect(refused).toMatchObject({ exit: 3, stdout: "" });
      expect(refused.stderr).toMatch(/^error: .*secret\.yaml: the file cannot be written: /);
      expect(readFileSync(file, "utf8")).toBe(plain);
      const created = await isosops("encrypt", ...age, "--output", join(folder, "new.yaml"), file);
      expect(created).toMatchObject({ exit: 3, stdout: "" });
      expect(readdirSync(folder)).toEqual(["secret.yaml"]);
      expect(existsSync(state) ? readdirSync(state) : []).toEqual([]);
    });

    test("concurrent edits are all kept", async () => {
      const { file, isosops } = makePlace(plain);
      await isosops("encrypt", "-i", ...age, file);
      const names = ["a", "b", "c", "d", "e"];
      const outcomes = await Promise.all(names.map((name) => isosops("set", file, `["${name}"]`, `"${name}"`)));
      expect(outcomes.map(({ exit, stderr }) => ({ exit, stderr }))).toEqual(
        names.map(() => ({ exit: 0, stderr: "" })),
      );
      const { stdout } = await isosops("decrypt", file);
      for (const name of names) expect(stdout).toContain(`${name}: ${name}\n`);
    });

    test("a link to the file, and another name of it, keep leading to it", async () => {
      const { file, folder, isosops } = makePlace(plain);
      chmodSync(folder, 0o755);
      symlinkSync("secret.yaml", join(folder, "link.yaml"));
      linkSync(file, join(folder, "other.yaml"));
      chmodSync(folder, 0o555);
      expect(await isosops("encrypt", "-i", ...age, join(folder, "link.yaml"))).toMatchObject({ exit: 0, stderr: "" });
      for (const name of ["secret.yaml", "link.yaml", "other.yaml"]) {
        expect(readFileSync(join(folder, name), "utf8")).toContain("\nsops:\n");
      }
      expect(statSync(file).nlink).toBe(2);
    });
  },
);

test.skipIf(!canMount)(
  `a file that is mounted alone is overwritten${canMount ? "" : " (skipped where `unshare` may not mount)"}`,
  async () => {
    const folder = makeFolder({ "source.yaml": plain, "target.yaml": "" });
    mkdirSync(join(folder, "home"));
    const script = `set -e
mount --bind source.yaml target.yaml
"$0" "$1" encrypt -i --age "$2" target.yaml
"$0" "$1" set target.yaml '["password"]' '"two"'
"$0" "$1" decrypt target.yaml`;
    const args = [...unshare.slice(1), "sh", "-c", script, process.execPath, bin, first.recipient];
    const env = { SOPS_AGE_KEY: first.identity, HOME: join(folder, "home") };
    const outcome = await run(unshare[0]!, args, { cwd: folder, env });
    expect(outcome).toMatchObject({ exit: 0, stderr: "", stdout: plain.replace("one", "two") });
    expect(readFileSync(join(folder, "source.yaml"), "utf8")).toContain("\nsops:\n");
    expect(readFileSync(join(folder, "target.yaml"), "utf8")).toBe("");
    expect(readdirSync(folder).sort()).toEqual(["home", "source.yaml", "target.yaml"]);
  },
);

test.skipIf(!canMount)(
  `so is one that is mounted alone into a read-only file system${canMount ? "" : " (skipped where `unshare` may not mount)"}`,
  async () => {
    const folder = makeFolder({ "source.yaml": plain });
    for (const name of ["root", "home"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "root", "target.yaml"), "");
    const script = `set -e
mount --bind root root
mount --bind source.yaml root/target.yaml
mount -o remount,bind,ro root
"$0" "$1" encrypt -i --age "$2" root/target.yaml
"$0" "$1" unset root/target.yaml '["long"]'
"$0" "$1" decrypt root/target.yaml`;
    const args = [...unshare.slice(1), "sh", "-c", script, process.execPath, bin, first.recipient];
    const env = { SOPS_AGE_KEY: first.identity, HOME: join(folder, "home") };
    const outcome = await run(unshare[0]!, args, { cwd: folder, env });
    expect(outcome).toMatchObject({ exit: 0, stderr: "", stdout: "password: one\n" });
    expect(readFileSync(join(folder, "source.yaml"), "utf8")).toContain("\nsops:\n");
    expect(readdirSync(join(folder, "home", ".local/state/isosops"))).toEqual([]);
  },
);
