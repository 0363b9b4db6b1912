/** COMPATIBILITY.md has every command, flag and variable of the sops that is installed, and what it says is true. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exitCodes } from "../src/program/exit-codes.js";
import { readSopsHelp } from "./sops-help.js";
import { isosops, makeFolder, noSops, tools } from "./support.js";

const page = readFileSync(new URL("../COMPATIBILITY.md", import.meta.url), "utf8");
const tableVersion = /^# sops (\d+\.\d+\.\d+)/.exec(page)![1]!;

/** The rows of a table, with the names of the first column. */
function rows(title: string): { names: string[]; cells: string[] }[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(title))!;
  const lines = section.split("\n").filter((line) => line.startsWith("| `") || /^\| \d/.test(line));
  return lines.map((line) => {
    const cells = line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    return { names: quoted(cells[0]!), cells };
  });
}

const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
const isHave = (cell: string): boolean => /^have\b/.test(cell);

/** By name: the commands that have the flag, "" for none before it; and whether it is here. */
const flags = rows("Flags").flatMap(({ names, cells: [, alone, commands, state] }) =>
  names.map((name) => ({ name, commands: [...(alone === "yes" ? [""] : []), ...quoted(commands!)], state: state! })),
);
const commands = rows("Commands").map(({ names, cells }) => ({ name: names[0]!, state: cells[1]! }));
const variables = rows("Variables").map(({ names }) => names[0]!);

// The newest sops that is not older than the table: a new version shows what is new.
const sops = tools
  .findSops()
  .sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }))
  .find(({ version }) => version.localeCompare(tableVersion, "en", { numeric: true }) >= 0);
const live = sops === undefined ? undefined : readSopsHelp(sops.path);

describe(`the tables have what sops has${sops === undefined ? "" : ` (${sops.version})`}`, () => {
  test("commands", ({ skip }) => {
    if (live === undefined) return skip(noSops);
    expect(live.commands.length).toBeGreaterThan(15);
    expect(commands.map(({ name }) => name)).toEqual(live.commands);
  });

  test("flags", ({ skip }) => {
    if (live === undefined) return skip(noSops);
    // One letter or another name for the same flag may be missing in some commands.
    const isShort = (name: string) => !/^--\w[\w-]{2,}/.test(name) || ["--net", "--addr"].includes(name);
    const long = [...live.flags].filter(([name]) => !isShort(name));
    expect(long.length).toBeGreaterThan(60);
    expect(
      Object.fromEntries(flags.filter(({ name }) => !isShort(name)).map((flag) => [flag.name, flag.commands.sort()])),
    ).toEqual(Object.fromEntries(long.map(([name, where]) => [name, [...where].sort()])));
    const short = [...live.flags.keys()].filter(isShort).sort();
    expect(
      flags
        .map(({ name }) => name)
        .filter(isShort)
        .sort(),
    ).toEqual(short);
  });

  test("variables", ({ skip }) => {
    if (live === undefined) return skip(noSops);
    // Behind a name in the binary, there may be the beginning of the next string.
    const byLength = [...variables].sort((a, b) => b.length - a.length);
    const known = (word: string) =>
      byLength.find((name) => word.startsWith(name) && !/^[_S]$/.test(word.slice(name.length, name.length + 1)));
    expect([...live.variables].filter((word) => known(word) === undefined)).toEqual([]);
    const found = new Set([...live.variables].map(known));
    expect(variables.filter((name) => !found.has(name))).toEqual([]);
  });

  test("exit codes", ({ skip }) => {
    const source = sops === undefined ? undefined : codesOf(sops.version);
    if (source === undefined) return skip("the sources of sops are not in the cache of Go modules");
    const listed = rows("Exit codes").map(({ names, cells }) => [names[0] ?? quoted(cells[1]!)[0], Number(cells[0])]);
    const codes = [...source.matchAll(/^\t(\w+) +int = (\d+)$/gm)].map((match) => [match[1], Number(match[2])]);
    expect(codes.length).toBeGreaterThan(20);
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(codes));
  });
});

describe.concurrent("what the tables say is true", () => {
  const texts = new Map<string, Promise<string>>();
  const help = (command: string): Promise<string> => {
    const args = command === "" || command === "help" ? ["help", "all"] : [...command.split(" "), "--help"];
    const asked = texts.get(command) ?? isosops(args, { cwd: makeFolder() }).then(({ stdout }) => stdout);
    texts.set(command, asked);
    return asked;
  };
  const hasCommand = async (name: string): Promise<boolean> =>
    (await help(name)).startsWith(
      name === "help" ? "Usage: isosops encrypt" : `Usage: isosops ${name.replace(/^completion .*/, "completion")} `,
    );

  test("of commands", async () => {
    for (const { name, state } of commands)
      expect({ name, has: await hasCommand(name) }).toEqual({ name, has: isHave(state) });
  });

  test("of flags", async () => {
    const present = new Set(commands.filter(({ state }) => isHave(state)).map(({ name }) => name)).add("");
    for (const { name, commands: where, state } of flags.filter((flag) => flag.name.startsWith("--"))) {
      const missing: string[] = [];
      for (const command of where) {
        if (!present.has(command)) {
          if (!isHave(state)) missing.push(command);
        } else if (!new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(await help(command))) missing.push(command);
      }
      expect({ name, missing: missing.length > 0 }, missing.join()).toEqual({ name, missing: !isHave(state) });
    }
  });

  test("of exit codes", () => {
    const ours = new Set<number>(Object.values(exitCodes));
    for (const { cells } of rows("Exit codes")) {
      if (isHave(cells[2]!)) expect([...ours]).toContain(Number(cells[0]));
    }
  });
});

/** codes.go of a version, which Go keeps if it has built it here. */
function codesOf(version: string): string | undefined {
  try {
    const cache = execFileSync("go", ["env", "GOMODCACHE"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
    const path = join(cache, `github.com/getsops/sops/v3@v${version}/cmd/sops/codes/codes.go`);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  } catch {
    return undefined;
  }
}
