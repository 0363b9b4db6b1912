/** How the command starts on Node: code that V8 has compiled before, and command lines that need no parser. */
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { first, isosops, makeFolder, type Outcome, plainYaml, run } from "./support.js";

const env = { SOPS_AGE_KEY: first.identity, SOPS_AGE_RECIPIENTS: first.recipient };

/** The command in a folder of its own. */
function copyCommand(): string {
  const folder = makeFolder();
  const from = fileURLToPath(new URL("../", import.meta.url));
  for (const name of ["bin", "bundle", "package.json"])
    cpSync(join(from, name), join(folder, name), { recursive: true });
  return folder;
}

function call(
  folder: string,
  args: readonly string[],
  variables: Record<string, string | undefined> = {},
): Promise<Outcome> {
  return run(process.execPath, [join(folder, "bin/isosops.cjs"), ...args], {
    cwd: folder,
    env: { ...env, ...variables },
  });
}

function keptFiles(folder: string): string[] {
  const cache = join(folder, "cache");
  return existsSync(cache) ? readdirSync(cache, { recursive: true, encoding: "utf8" }).sort() : [];
}

/** Runs with kept code of another text of the same length, which V8 does not tell from the bundle's. */
async function withOtherCode(folder: string): Promise<string> {
  const main = join(folder, "bundle/main.js");
  const text = readFileSync(main, "latin1");
  const other = text.replaceAll(": there is no such file.", ": THERE IS NO SUCH FILE.");
  expect(other).not.toBe(text);
  writeFileSync(main, other, "latin1");
  expect((await call(folder, ["decrypt", "none.yaml"])).stderr).toContain("THERE IS");
  writeFileSync(main, text, "latin1");
  const [kept] = keptFiles(folder).filter((name) => name.endsWith("main.js"));
  return join(folder, "cache", kept!);
}

test("every name that a file of the bundle takes from another is there", () => {
  const folder = fileURLToPath(new URL("../bundle", import.meta.url));
  const load = createRequire(import.meta.url);
  const lost: string[] = [];
  let count = 0;
  const look = (file: string, from: string, shared: string | undefined, name: string): void => {
    // It cannot be loaded: the command leaves PGP to gpg.
    if (from.includes("no-openpgp")) return;
    count++;
    const exported = load(join(folder, from)) as { shared?: object };
    if (!(name in (shared === undefined ? exported : exported.shared!))) lost.push(`${file}: ${name} of ${from}`);
  };
  const call = /require\([`"](\.\/[^`"]+)[`"]\)(\.shared)?/.source;
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".js") && !name.includes("no-openpgp"))) {
    const code = readFileSync(join(folder, file), "latin1");
    const declared = new RegExp(`function (require_\\w+)\\$\\(\\)\\s*\\{\\s*return [\\w$]+\\s*\\?\\?=\\s*${call}`, "g");
    const places = new Map(
      [...code.matchAll(declared)].map(([, local, from, shared]) => [local!, { from: from!, shared }]),
    );
    for (const [, local, name] of code.matchAll(/\b(require_\w+)\$\(\)\)?\.([\w$]+)/g)) {
      look(file, places.get(local!)!.from, places.get(local!)!.shared, name!);
    }
    const imported = new RegExp(`${call}\\)\\.then\\(\\(?(\\w+)\\)?\\s*=>\\s*\\3\\.([\\w$]+)`, "g");
    for (const [, from, shared, , name] of code.matchAll(imported)) look(file, from!, shared, name!);
  }
  expect(lost).toEqual([]);
  expect(count).toBeGreaterThan(1_000);
});

test("decrypting a YAML file loads one file of the bundle", async () => {
  const folder = copyCommand();
  writeFileSync(join(folder, "plain.yaml"), plainYaml);
  writeFileSync(join(folder, "keys.txt"), `${first.identity}\n`);
  expect(await call(folder, ["encrypt", "-i", "plain.yaml"])).toMatchObject({ exit: 0 });
  for (const variables of [{}, { SOPS_AGE_KEY: undefined, SOPS_AGE_KEY_FILE: "keys.txt" }]) {
    rmSync(join(folder, "cache"), { recursive: true, force: true });
    expect(await call(folder, ["decrypt", "plain.yaml"], variables)).toMatchObject({
      exit: 0,
      stdout: plainYaml,
      stderr: "",
    });
    expect(keptFiles(folder).filter((name) => name.endsWith(".js"))).toEqual([
      expect.stringMatching(/-decrypt.main\.js$/),
    ]);
  }
});

describe("kept code", () => {
  test("is made by the first run, in the package's own folder, and used by the next", async () => {
    const folder = copyCommand();
    const kept = await withOtherCode(folder);
    if (process.platform !== "win32") expect(statSync(kept).mode & 0o777).toBe(0o644);
    expect((await call(folder, ["decrypt", "none.yaml"])).stderr).toContain("THERE IS");
    rmSync(kept);
    expect((await call(folder, ["decrypt", "none.yaml"])).stderr).toContain("there is");
    expect(keptFiles(folder).filter((name) => /\.\d+$/.test(name))).toEqual([]);
  });

  test.skipIf(process.platform === "win32")("is not run if others may have written it", async () => {
    const folder = copyCommand();
    for (const mode of [0o666, 0o664, 0o646]) {
      rmSync(join(folder, "cache"), { recursive: true, force: true });
      const kept = await withOtherCode(folder);
      chmodSync(kept, mode);
      expect((await call(folder, ["decrypt", "none.yaml"])).stderr, mode.toString(8)).toContain("there is");
      // It was replaced.
      expect(statSync(kept).mode & 0o777).toBe(0o644);
      expect((await call(folder, ["decrypt", "none.yaml"])).stderr).toContain("there is");
    }
  });

  test.skipIf(process.getuid?.() !== 0)(
    "is not run if it is another user's (only root can make such a file)",
    async () => {
      const folder = copyCommand();
      const kept = await withOtherCode(folder);
      chownSync(kept, 12345, 12345);
      expect((await call(folder, ["decrypt", "none.yaml"])).stderr).toContain("there is");
      // It was replaced.
      expect(statSync(kept).uid).toBe(0);
    },
  );

  test("of another text is not run", async () => {
    const folder = copyCommand();
    await withOtherCode(folder);
    const main = join(folder, "bundle/main.js");
    // What the build writes first is the hash of the rest.
    writeFileSync(main, readFileSync(main, "latin1").replace(/^\/\*\w{16}\*\//, `/*${"0".repeat(16)}*/`), "latin1");
    expect((await call(folder, ["decrypt", "none.yaml"])).stderr).toContain("there is");
  });

  test("that is damaged, or cannot be written, changes nothing", async () => {
    const folder = copyCommand();
    writeFileSync(join(folder, "plain.yaml"), plainYaml);
    const encrypted = await call(folder, ["encrypt", "plain.yaml"]);
    writeFileSync(join(folder, "file.yaml"), encrypted.stdout);
    const good = { exit: 0, stdout: plainYaml, stderr: "" };
    expect(await call(folder, ["decrypt", "file.yaml"])).toMatchObject(good);
    const kept = keptFiles(folder).filter((name) => name.endsWith(".js"));
    expect(kept.length).toBeGreaterThan(1);
    for (const damage of [
      (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1),
      () => Buffer.alloc(0),
      (bytes: Buffer) => Buffer.alloc(bytes.length),
    ]) {
      for (const name of kept) {
        const path = join(folder, "cache", name);
        writeFileSync(path, damage(readFileSync(path)));
      }
      expect(await call(folder, ["decrypt", "file.yaml"])).toMatchObject(good);
      expect(await call(folder, ["encrypt", "plain.yaml"])).toMatchObject({ exit: 0, stderr: "" });
      // It was made again.
      for (const name of kept) expect(readFileSync(join(folder, "cache", name)).readUInt32LE(0)).not.toBe(0);
    }
    rmSync(join(folder, "cache"), { recursive: true });
    writeFileSync(join(folder, "cache"), "");
    expect(await call(folder, ["decrypt", "file.yaml"])).toMatchObject(good);
  });

  test("is not made if Node's variable says so", async () => {
    const folder = copyCommand();
    mkdirSync(join(folder, "home"));
    await call(folder, ["--version"], { NODE_DISABLE_COMPILE_CACHE: "1" });
    expect(keptFiles(folder)).toEqual([]);
    expect(await call(folder, ["--version"])).toMatchObject({ exit: 0, stderr: "" });
    expect(keptFiles(folder)).not.toEqual([]);
  });
});

describe("a file of the bundle", () => {
  const ways = [
    { way: "with kept code", variables: {} },
    { way: "without", variables: { NODE_DISABLE_COMPILE_CACHE: "1" } },
  ];

  test.skipIf(process.platform === "win32").each(ways)(
    "that is gone once it is needed is named, and nothing is half written: $way (Windows keeps no such commands)",
    async ({ variables }) => {
      const folder = copyCommand();
      writeFileSync(join(folder, "plain.yaml"), plainYaml);
      const { stdout: encrypted } = await call(folder, ["encrypt", "plain.yaml"]);
      // As an update does while the command waits.
      const removing = { ...variables, SOPS_AGE_KEY: undefined, SOPS_AGE_KEY_CMD: "sh remove.sh" };
      writeFileSync(join(folder, "remove.sh"), `rm -r bundle; echo ${first.identity}\n`);
      for (const args of [
        ["decrypt", "-i", "file.yaml"],
        ["set", "file.yaml", '["user"]', '"else"'],
        ["rotate", "-i", "file.yaml"],
      ]) {
        cpSync(fileURLToPath(new URL("../bundle", import.meta.url)), join(folder, "bundle"), { recursive: true });
        writeFileSync(join(folder, "file.yaml"), encrypted);
        const outcome = await call(folder, args, removing);
        expect(outcome, args[0]).toMatchObject({ exit: 1, stdout: "" });
        expect(outcome.stderr).toMatch(
          /^error: A file of isosops itself is gone, .* \(.*\.js.*\) Run the command again\.\n$/,
        );
        expect(readFileSync(join(folder, "file.yaml"), "utf8")).toBe(encrypted);
      }
      // What prints messages is gone, too.
      cpSync(fileURLToPath(new URL("../bundle", import.meta.url)), join(folder, "bundle"), { recursive: true });
      writeFileSync(join(folder, "remove.sh"), "rm -r bundle");
      expect(await call(folder, ["decrypt", "file.yaml"], removing)).toMatchObject({
        exit: 1,
        stdout: "",
        stderr: "error: A file of isosops itself is gone, or cannot be read. (MODULE_NOT_FOUND)\n",
      });
    },
  );

  test.skipIf(process.platform === "win32").each(ways)(
    "that is gone while somebody edits does not lose the edit: $way (Windows has no such editors)",
    async ({ variables }) => {
      const folder = copyCommand();
      writeFileSync(join(folder, "plain.yaml"), plainYaml);
      expect(await call(folder, ["encrypt", "--output", "file.yaml", "plain.yaml"])).toMatchObject({ exit: 0 });
      writeFileSync(
        join(folder, "editor.sh"),
        'if [ -d bundle ]; then mv bundle away; sed -i.old "s/user: shop/user: edited/" "$1"; else mv away bundle; fi',
      );
      const outcome = await run(process.execPath, [join(folder, "bin/isosops.cjs"), "edit", "file.yaml"], {
        cwd: folder,
        env: { ...env, ...variables, EDITOR: "sh editor.sh" },
        stdin: "\n",
      });
      expect(outcome).toMatchObject({ exit: 0, stdout: "" });
      expect(outcome.stderr).toMatch(
        /^A file of isosops itself is gone, .* The edit is not lost yet\.\nPress enter to return/,
      );
      expect((await call(folder, ["decrypt", "file.yaml"])).stdout).toBe(
        plainYaml.replace("user: shop", "user: edited"),
      );
    },
  );

  test.each(ways)("that failed while it was loaded is loaded again: $way", async ({ variables }) => {
    const folder = copyCommand();
    writeFileSync(
      join(folder, "bundle/main.js"),
      `/*0123456789abcdef*/
let tries = 0;
async function main() {
  try {
    require("./part.js");
  } catch (error) {
    console.log(error.message);
  }
  console.log(require("./part.js").value);
}
module.exports = { main, next: () => ++tries };
`,
    );
    writeFileSync(
      join(folder, "bundle/part.js"),
      'if (require("./main.js").next() === 1) throw new Error("too many files are open");\nexports.value = "whole";\n',
    );
    expect(await call(folder, [], variables)).toMatchObject({
      exit: 0,
      stdout: "too many files are open\nwhole\n",
      stderr: "",
    });
  });
});

test("what is decrypted without the parser is what is decrypted with it", async () => {
  const cwd = makeFolder({ "plain.yaml": plainYaml, "other.json": "{}", age: plainYaml });
  const encrypted = await isosops(["encrypt", "--output", "file.yaml", "plain.yaml"], { cwd, env });
  expect(encrypted).toMatchObject({ exit: 0 });
  for (const variables of [env, {}, { ...env, ISOSOPS_COMPAT: "sops" }]) {
    for (const file of ["file.yaml", "plain.yaml", "none.yaml", "other.json", "./age"]) {
      for (const word of ["decrypt", "-d"]) {
        const options = { cwd, env: variables };
        const [without, withParser] = await Promise.all([
          isosops([word, file], options),
          isosops([word, "--", file], options),
        ]);
        expect(without, `${word} ${file}`).toEqual(withParser);
      }
    }
  }
  expect((await isosops(["decrypt", "file.yaml"], { cwd, env })).stdout).toBe(plainYaml);
  // After a flag, the name of a command is that command, also where there is a file of that name.
  expect((await isosops(["-d", "age"], { cwd, env })).stderr).toContain("isosops age --help");
});
