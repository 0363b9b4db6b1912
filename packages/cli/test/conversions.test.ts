/** What is written in another format is read again before anything is replaced: sops writes more than it can read. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { contentsOf, first, isosops, makeFolder, noSops, run, sops } from "./support.js";

const age = ["--age", first.recipient];
const identity = { SOPS_AGE_KEY: first.identity };

interface Case {
  name: string;
  file: string;
  source: string;
  to: string;
  /** In the message. */
  place: RegExp;
}

const encryptions: Case[] = [
  { name: "a key of ENV twice", file: "f.env", source: "A=1\nA=2\n", to: "yaml", place: /YAML, line 2, column 1/ },
  { name: "a key of JSON twice", file: "f.json", source: '{"a": "1", "a": "2"}', to: "yaml", place: /line 2/ },
  {
    name: "a key twice, deep in JSON",
    file: "f.json",
    source: '{"x": [{"a": 1, "b": 2, "a": 3}]}',
    to: "yaml",
    place: /line 4/,
  },
  { name: "a float", file: "f.yaml", source: "f_unencrypted: 5e-324\nb: x\n", to: "dotenv", place: /f_unencrypted/ },
  { name: "a bool", file: "f.yaml", source: "t_unencrypted: true\nb: x\n", to: "dotenv", place: /t_unencrypted/ },
  { name: "a bool, in INI", file: "f.json", source: '{"s": {"t_unencrypted": true}}', to: "ini", place: /s\.t_unenc/ },
  {
    name: "a backslash that ENV would read as an escape",
    file: "f.yaml",
    source: "a_unencrypted: C:\\new\nb: x\n",
    to: "dotenv",
    place: /a_unencrypted/,
  },
];

describe.concurrent("encrypt --output-type", () => {
  test.for(encryptions)("$name: refused, and the file stays", async ({ file, source, to, place }, { skip }) => {
    const cwd = makeFolder({ [file]: source });
    const outcome = await isosops(["encrypt", "-i", ...age, "--output-type", to, file], { cwd });
    expect(outcome).toMatchObject({ exit: 4, stdout: "" });
    expect(outcome.stderr).toMatch(place);
    expect(outcome.stderr).toMatch(/keep the format|Keep the format/);
    expect(contentsOf(cwd)).toEqual({ [file]: source });
    if (sops === undefined) return skip(noSops);
    const theirs = await run(sops, ["encrypt", ...age, "--output-type", to, file], { cwd });
    expect(theirs.exit).toBe(0);
    writeFileSync(join(cwd, "theirs"), theirs.stdout);
    const types = ["--input-type", to, "--output-type", to];
    expect((await run(sops, ["decrypt", ...types, "theirs"], { cwd, env: identity })).exit).not.toBe(0);
  });

  test.for([
    ["f.json", '{"f_unencrypted": -0.0, "b": "x"}'],
    ["f.yaml", "f_unencrypted: -0.0\nb: x\n"],
  ] as const)("%s in the layout of sops, %j: refused, and the file stays", async ([file, source], { skip }) => {
    const cwd = makeFolder({ [file]: source });
    const outcome = await isosops(["encrypt", "-i", ...age, "--layout", "sops", file], { cwd });
    expect(outcome).toMatchObject({ exit: 4, stdout: "" });
    expect(contentsOf(cwd)).toEqual({ [file]: source });
    if (sops === undefined) return skip(noSops);
    expect(await run(sops, ["encrypt", "-i", ...age, file], { cwd })).toMatchObject({ exit: 0 });
    expect((await run(sops, ["decrypt", file], { cwd, env: identity })).exit).not.toBe(0);
    // The author's layout holds them.
    writeFileSync(join(cwd, file), source);
    expect(await isosops(["encrypt", "-i", ...age, file], { cwd })).toMatchObject({ exit: 0 });
    expect((await run(sops, ["decrypt", file], { cwd, env: identity })).exit).toBe(0);
  });

  test("the same values are taken where they are encrypted, or where no MAC goes over them", async ({ skip }) => {
    const cwd = makeFolder({ "f.yaml": "f: 5e-324\nt: true\np: C:\\new\nn_unencrypted: 1\n" });
    const locked = await isosops(["encrypt", ...age, "--output-type", "dotenv", "f.yaml"], { cwd });
    expect(locked, locked.stderr).toMatchObject({ exit: 0 });
    writeFileSync(join(cwd, "f.env"), locked.stdout);
    writeFileSync(join(cwd, "g.yaml"), "t_unencrypted: true\nb: x\n");
    const partly = ["encrypt", ...age, "--mac-only-encrypted", "--output-type", "dotenv", "g.yaml"];
    expect(await isosops(partly, { cwd })).toMatchObject({ exit: 0 });
    if (sops === undefined) return skip(noSops);
    const { exit, stdout } = await run(sops, ["decrypt", "--output-type", "json", "f.env"], { cwd, env: identity });
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ f: 5e-324, t: true, p: "C:\\new", n_unencrypted: "1" });
  });
});

describe.concurrent("decrypt --output-type", () => {
  test("a key `sops` of the author's is not metadata in a plain file", async ({ skip }) => {
    const cwd = makeFolder({ "f.env": "sops=quoted\nA=1\n" });
    expect(await isosops(["encrypt", "-i", ...age, "f.env"], { cwd })).toMatchObject({ exit: 0 });
    const decrypted = ["decrypt", "--output-type", "yaml", "f.env"];
    const ours = await isosops(decrypted, { cwd, env: identity });
    expect(ours, ours.stderr).toMatchObject({ exit: 0, stdout: 'sops: quoted\nA: "1"\n' });
    if (sops === undefined) return skip(noSops);
    expect(ours.stdout).toBe((await run(sops, decrypted, { cwd, env: identity })).stdout);
  });

  test.for([
    ["f.json", '{"a": "1", "a": "2"}', "yaml", /line 2/],
    ["f.env", "A=1\nA=2\n", "yaml", /line 2/],
    ["f.yaml", "a: C:\\new\n", "dotenv", /: Written as dotenv, a would be/],
  ] as const)("%s, %j, to %s: refused, and the file stays", async ([file, source, to, place], { skip }) => {
    const cwd = makeFolder({ [file]: source });
    expect(await isosops(["encrypt", "-i", ...age, file], { cwd })).toMatchObject({ exit: 0 });
    const before = readFileSync(join(cwd, file));
    const outcome = await isosops(["decrypt", "-i", "--output-type", to, file], { cwd, env: identity });
    expect(outcome).toMatchObject({ exit: 4, stdout: "" });
    expect(outcome.stderr).toMatch(place);
    expect(readFileSync(join(cwd, file)).equals(before)).toBe(true);
    if (sops === undefined) return skip(noSops);
    const theirs = await run(sops, ["decrypt", "--output-type", to, file], { cwd, env: identity });
    expect(theirs.exit).toBe(0);
    writeFileSync(join(cwd, "theirs"), theirs.stdout);
    // Encrypting is how sops reads a plain file.
    const types = ["--input-type", to, "--output-type", to];
    const again = await run(sops, ["encrypt", ...types, ...age, "theirs"], { cwd });
    if (to === "yaml") expect(again.exit).not.toBe(0);
    writeFileSync(join(cwd, "again"), again.stdout);
    const read = await run(sops, ["decrypt", "--input-type", to, "--output-type", "json", "again"], {
      cwd,
      env: identity,
    });
    if (to === "dotenv") expect(JSON.parse(read.stdout)).toEqual({ a: "C:\new" });
  });
});
