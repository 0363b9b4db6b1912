/**
 * Random histories of three writers who merge each other's work. Each merge is made twice: of encrypted files by our driver,
 * and of the same files in plain text by Git itself. Where Git has no conflict, neither have we, and the plain text is the
 * same; where we have one, Git has one in the same place.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { decrypt, encrypt, openToEdit } from "isosops";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { bin, first, keyPath, makeFolder } from "./support.js";

/** 200 take about ten minutes. */
const count = Number(process.env.ISOSOPS_HISTORIES ?? 4);
const seed = Number(process.env.ISOSOPS_SEED ?? Date.now() % 1e9);

/** Numbers from a seed (mulberry32). */
function random(from: number): (below: number) => number {
  let state = from;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const writers = ["ann", "ben", "cem"] as const;

interface Format {
  readonly name: "yaml" | "json" | "dotenv" | "ini";
  readonly file: string;
  readonly start: string;
  /** A line for a new key, with the indentation of another line. */
  readonly line: (key: string, value: string, like: string) => string;
  readonly values: (text: string) => unknown;
}

const keys = Array.from({ length: 12 }, (_, index) => `key${index}`);
const value = (word: string) => `secret-${word}`;
const lines = (text: string): string[] => text.match(/[^\n]*\n/g) ?? [];

const formats: readonly Format[] = [
  {
    name: "yaml",
    file: "a.yaml",
    start: keys
      .map((key, at) =>
        at === 4
          ? `nested:\n    ${key}: ${value(key)}\n`
          : at > 4 && at < 9
            ? `    ${key}: ${value(key)}\n`
            : `${at === 2 ? "# about it\n" : ""}${key}: ${value(key)}\n`,
      )
      .join(""),
    line: (key, word, like) => `${/^ */.exec(like)![0]}${key}: ${value(word)}\n`,
    values: (text) => parse(text) as unknown,
  },
  {
    name: "dotenv",
    file: "a.env",
    start: keys.map((key) => `${key}=${value(key)}\n`).join(""),
    line: (key, word) => `${key}=${value(word)}\n`,
    values: (text) => Object.fromEntries(lines(text).map((line) => line.trim().split("="))) as unknown,
  },
  {
    name: "ini",
    file: "a.ini",
    start: `[one]\n${keys.map((key, at) => `${at === 6 ? "\n[two]\n" : ""}${key} = ${value(key)}\n`).join("")}`,
    line: (key, word) => `${key} = ${value(word)}\n`,
    values: (text) =>
      lines(text)
        .map((line) => line.trim())
        .filter((line) => line !== ""),
  },
  {
    name: "json",
    file: "a.json",
    start: `{\n${keys.map((key) => `  "${key}": "${value(key)}"`).join(",\n")}\n}\n`,
    line: (key, word) => `  "${key}": "${value(word)}",\n`,
    values: (text) => JSON.parse(text) as unknown,
  },
];

/** A change of one or two lines that keeps the file valid. */
function change(text: string, { line, name }: Format, pick: (below: number) => number, word: string): string {
  const all = lines(text);
  // The last line of JSON has no comma.
  const own = all.flatMap((one, at) => (/key|new/.test(one) && !(name === "json" && !one.endsWith(",\n")) ? [at] : []));
  const at = own[pick(own.length)]!;
  const kind = pick(5);
  const old = all[at]!;
  if (kind === 0) all.splice(at + (name === "json" ? 0 : 1), 0, line(`new${word}`, word, old));
  else if (kind === 1 && own.length > 8 && (old.startsWith("key") || name === "json") && !all[at - 1]?.startsWith("#"))
    all.splice(at, 1);
  else all[at] = old.replace(/secret-\w+/, value(word));
  return all.join("");
}

interface Repository {
  readonly folder: string;
  read(): string;
  write(text: string): void;
  git(...args: string[]): { readonly exit: number | null; readonly said: string };
}

function makeRepository(format: Format, isEncrypted: boolean): Repository {
  const home = makeFolder();
  const folder = join(home, "repository");
  const temporary = join(home, "tmp");
  mkdirSync(folder);
  mkdirSync(temporary);
  const driver = `'${process.execPath}' '${bin}' git merge-driver %O %A %B %L %P`;
  const merge = isEncrypted ? `[merge "isosops"]\nname = encrypted files\ndriver = "${driver}"\n` : "";
  writeFileSync(
    join(home, "gitconfig"),
    `[user]\nname = A\nemail = a@team.example\n[init]\ndefaultBranch = ann\n${merge}`,
  );
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: home,
    GIT_CONFIG_GLOBAL: join(home, "gitconfig"),
    GIT_CONFIG_NOSYSTEM: "1",
    TMPDIR: temporary,
    SOPS_AGE_KEY_FILE: keyPath("first"),
  };
  const path = join(folder, format.file);
  const git: Repository["git"] = (...args) => {
    const { status, stdout, stderr } = spawnSync("git", args, { cwd: folder, env, encoding: "utf8" });
    return { exit: status, said: stdout + stderr };
  };
  git("init", "--quiet");
  if (isEncrypted) writeFileSync(join(folder, ".git", "info", "attributes"), "* merge=isosops\n");
  return { folder: home, read: () => readFileSync(path, "utf8"), write: (text) => writeFileSync(path, text), git };
}

/** The plain lines in conflict, of both versions and of the base between them. */
function conflictOf(text: string): string {
  return [...text.matchAll(/^<{7} [\s\S]*?^>{7} .*$/gm)].join("\n");
}

function everything(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => {
      const bytes = readFileSync(path);
      try {
        return inflateSync(bytes).toString("latin1");
      } catch {
        return bytes.toString("latin1");
      }
    })
    .join("\n");
}

async function history(
  pick: (below: number) => number,
  format: Format,
): Promise<{ merges: number; ours: number; theirs: number }> {
  const [sealed, plain] = [makeRepository(format, true), makeRepository(format, false)];
  const options = { format: format.name, identities: [first.identity] };
  const commit = () => {
    for (const { git } of [sealed, plain]) {
      git("add", "--all");
      expect(git("commit", "--quiet", "--allow-empty", "--message", "Change").exit).toBe(0);
    }
  };
  const counts = { merges: 0, ours: 0, theirs: 0 };
  plain.write(format.start);
  sealed.write((await encrypt(format.start, { format: format.name, recipients: [first.recipient] })).text);
  commit();
  for (const writer of writers.slice(1)) for (const { git } of [sealed, plain]) git("branch", writer);
  const open = async () => (await decrypt(sealed.read(), options)).text!;
  for (let step = 0; step < 12; step++) {
    const writer = writers[step % writers.length]!;
    for (const { git } of [sealed, plain]) expect(git("checkout", "--quiet", writer).exit).toBe(0);
    const isMerge = step > 2 && pick(2) === 0;
    if (!isMerge) {
      const text = change(await open(), format, pick, `${writer}${step}`);
      const opened = await openToEdit(sealed.read(), options);
      sealed.write((await opened.seal(text)).text);
      plain.write(text);
      commit();
      continue;
    }
    const other = writers[(step + 1 + pick(2)) % writers.length]!;
    if (other === writer) continue;
    counts.merges++;
    const theirs = plain.git("merge", "--no-edit", other);
    const ours = sealed.git("merge", "--no-edit", other);
    const places = conflictOf(plain.read());
    if (ours.exit !== 0) {
      counts.ours++;
      // In the same place, or next to it.
      expect(theirs.exit).not.toBe(0);
      for (const [, key] of ours.said.matchAll(/: (?:\w+\.)?(\w+): (?:both sides|one side)/g))
        expect(places).toContain(key);
      const { status, stderr } = spawnSync(process.execPath, [bin, "git", "resolve", "--ours", format.file], {
        cwd: join(sealed.folder, "repository"),
        env: { PATH: process.env.PATH ?? "", HOME: sealed.folder, SOPS_AGE_KEY_FILE: keyPath("first") },
        encoding: "utf8",
      });
      expect([status, stderr]).toEqual([0, ""]);
    }
    const merged = await open();
    if (theirs.exit === 0) expect(format.values(merged)).toEqual(format.values(plain.read()));
    else counts.theirs++;
    plain.write(merged);
    commit();
  }
  expect(everything(sealed.folder)).not.toContain("secret-");
  return counts;
}

test(
  `${count} histories, from the seed ${seed}`,
  async () => {
    const total = { merges: 0, ours: 0, theirs: 0 };
    for (let index = 0; index < count; index++) {
      const pick = random(seed + index);
      const { merges, ours, theirs } = await history(pick, formats[index % formats.length]!).catch((error: unknown) => {
        throw new Error(`history of the seed ${seed + index}, ${formats[index % formats.length]!.name}`, {
          cause: error,
        });
      });
      total.merges += merges;
      total.ours += ours;
      total.theirs += theirs;
    }
    expect(total.merges).toBeGreaterThan(0);
    expect(total.ours).toBeLessThanOrEqual(total.theirs);
    console.log(`merges: ${total.merges}, conflicts: ${total.ours}, of Git in plain text: ${total.theirs}`);
  },
  60_000 + count * 30_000,
);
