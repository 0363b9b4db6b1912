import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { generateIdentity, SopsError } from "isosops";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import { type AnyKeyService, startAnyKeyService } from "../../cli/test/any-key-service.js";
import { decryptFile, editFile, encryptFile } from "../src/index.js";

const top = mkdtempSync(join(tmpdir(), "isosops-files-"));
afterAll(() => rmSync(top, { recursive: true }));

let count = 0;
let folder: string;
let file: string;
let recipient: string;
let identity: string;
beforeEach(async () => {
  folder = join(top, String(count++));
  mkdirSync(folder);
  file = join(folder, "secret.yaml");
  ({ identity, recipient } = await generateIdentity());
  for (const name of Object.keys(process.env)) if (name.startsWith("SOPS_")) vi.stubEnv(name, undefined);
  vi.stubEnv("HOME", folder);
  vi.stubEnv("XDG_CONFIG_HOME", join(folder, "config"));
  vi.stubEnv("SOPS_AGE_KEY", identity);
});
afterEach(() => vi.unstubAllEnvs());

const plain = "# a comment\npassword: hunter2\nport: 5432\n";
const rules = (...lines: string[]) =>
  writeFileSync(join(folder, ".sops.yaml"), `creation_rules:\n${lines.join("\n")}\n`);

async function errorOf(work: Promise<unknown>): Promise<SopsError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof SopsError) return error;
  throw new Error("no SopsError", { cause: error });
}

const binaries = findSops();
const skipped = binaries.length === 0 ? " (skipped: no sops; set SOPS_BIN, or run test-vectors/install.js)" : "";

describe.skipIf(binaries.length === 0).each(binaries)(`with sops $version${skipped}`, ({ path: sops }) => {
  const run = (...args: string[]) => execFileSync(sops, args, { cwd: folder, encoding: "utf8" });

  test.each(["secret.yaml", "secret.json", "secret.env", "secret.ini", "secret.bin"])("%s, both ways", async (name) => {
    const path = join(folder, name);
    const text = { json: '{"a": "b"}\n', env: "A=b\n", ini: "[s]\na=b\n" }[name.slice(7)] ?? plain;
    rules(`  - age: ${recipient}`);
    writeFileSync(path, text);
    await encryptFile(path);
    expect(readFileSync(path, "utf8")).not.toContain("hunter2");
    expect(run("decrypt", name).replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));

    writeFileSync(path, text);
    writeFileSync(path, run("encrypt", name));
    expect((await decryptFile(path)).text!.replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
  });

  test("changes to a file of sops leave the rest as it is, and sops reads the result", async () => {
    vi.stubEnv("SOPS_AGE_RECIPIENTS", recipient);
    writeFileSync(file, "a: 1\nb:\n    - one\n    - two\nc: old\n");
    const before = run("encrypt", "secret.yaml");
    writeFileSync(file, before);
    await editFile(file, [
      { set: ["b", 0], value: "new" },
      { unset: '["c"]' },
      { set: ["d"], json: "1234567890123456789" },
    ]);
    expect(run("decrypt", "secret.yaml")).toBe("a: 1\nb:\n    - new\n    - two\nd: 1234567890123456789\n");
    const line = /^a: .*$/m.exec(before)![0];
    expect(readFileSync(file, "utf8")).toContain(`${line}\n`);
  });

  test("the rule selects values, keys of two groups, and the scope of the MAC", async () => {
    const other = await generateIdentity();
    rules(
      "  - path_regex: other",
      `    age: ${other.recipient}`,
      "  - path_regex: secret\\.yaml$",
      "    encrypted_regex: ^password$",
      "    mac_only_encrypted: true",
      "    shamir_threshold: 2",
      `    key_groups: [{age: [${recipient}]}, {age: [${other.recipient}]}]`,
    );
    writeFileSync(file, plain);
    const { metadata } = await encryptFile(pathToFileURL(file));
    expect(metadata.keyGroups.length).toBe(2);
    expect(metadata.rule).toEqual({ encryptedRegex: "^password$" });
    expect(readFileSync(file, "utf8")).toMatch(/^port: 5432$/m);
    vi.stubEnv("SOPS_AGE_KEY", `${identity}\n${other.identity}`);
    expect(run("decrypt", "secret.yaml")).toBe(plain);
    expect((await decryptFile(file)).text).toBe(plain);
  });
});

test("keys of every kind that the command finds are found", async ({ skip }) => {
  let service: AnyKeyService | undefined;
  try {
    service = await startAnyKeyService();
  } catch (error) {
    return skip(`the key services of this test need openssl: ${error}`);
  }
  const { env, vault, requests, stop } = service;
  try {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const keys = [
      ["SOPS_KMS_ARN", "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"],
      ["SOPS_GCP_KMS_IDS", "projects/p/locations/global/keyRings/r/cryptoKeys/k"],
      ["SOPS_VAULT_URIS", `${vault}/v1/transit/keys/main`],
      ["SOPS_HUAWEICLOUD_KMS_IDS", "cn-north-4:11111111-2222-3333-4444-555555555555"],
      ["SOPS_PGP_FP", "0123456789ABCDEF0123456789ABCDEF01234567"],
    ] as const;
    for (const [variable, id] of keys) {
      vi.stubEnv(variable, id);
      writeFileSync(file, plain);
      const { metadata } = await encryptFile(file);
      vi.stubEnv(variable, undefined);
      expect(metadata.keyGroups.flat().length).toBe(1);
      expect((await decryptFile(file)).data, variable).toEqual({ password: "hunter2", port: 5432 });
    }
    expect(requests.length).toBeGreaterThan(0);
  } finally {
    await stop();
  }
});

test("without @isosops/keys, the error names it, and age works", async () => {
  const modules = join(folder, "node_modules");
  const here = join(import.meta.dirname, "..");
  mkdirSync(join(modules, "@isosops"), { recursive: true });
  for (const name of ["dist", "package.json"])
    cpSync(join(here, name), join(modules, "@isosops/node", name), { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  for (const name of Object.keys(dependencies)) symlinkSync(join(here, "node_modules", name), join(modules, name));
  await encryptFile(file, { content: plain, recipients: [recipient] });
  writeFileSync(
    join(folder, "app.mjs"),
    `import { decryptFile, editFile, encryptFile } from "@isosops/node";
console.log((await decryptFile("secret.yaml")).data.password);
process.env.SOPS_KMS_ARN = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555";
await encryptFile("new.yaml", { content: "a: b" }).catch(({ code, message }) => console.log(code, message));
`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, ["app.mjs"], { cwd: folder, encoding: "utf8" });
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^hunter2\nunsupported_key_type .*npm install @isosops\/keys/);
});

test("the nearest configuration above the file counts, from whatever folder the program runs in", async () => {
  mkdirSync(join(folder, "below/deeper"), { recursive: true });
  const other = await generateIdentity();
  rules(`  - age: ${other.recipient}`);
  writeFileSync(join(folder, "below/.sops.yaml"), `creation_rules:\n  - path_regex: ^deeper/\n    age: ${recipient}\n`);
  const deep = join(folder, "below/deeper/a.env");
  writeFileSync(deep, "A=b\n");
  await encryptFile(deep);
  expect((await decryptFile(deep)).data).toEqual({ A: "b" });

  await encryptFile(file, { content: plain });
  expect((await errorOf(decryptFile(file))).code).toBe("no_matching_identity");
  vi.stubEnv("SOPS_AGE_KEY", other.identity);
  expect((await decryptFile(file)).text).toBe(plain);
});

test("given keys and given selections count before those of the rule", async () => {
  const other = await generateIdentity();
  rules(`  - age: ${other.recipient}`, "    encrypted_regex: ^port$");
  await encryptFile(file, { content: plain, recipients: [recipient], select: ["password"] });
  expect(readFileSync(file, "utf8")).toMatch(/^port: 5432$/m);
  expect((await decryptFile(file)).text).toBe(plain);
});

test("variables of sops count before the keys of the rule, whose selection stays", async () => {
  const other = await generateIdentity();
  rules(`  - age: ${other.recipient}`, "    encrypted_regex: ^password$");
  vi.stubEnv("SOPS_AGE_RECIPIENTS", recipient);
  await encryptFile(file, { content: plain });
  expect(readFileSync(file, "utf8")).toMatch(/^port: 5432$/m);
  expect((await decryptFile(file)).text).toBe(plain);
});

test("given identities are the only ones", async () => {
  const other = await generateIdentity();
  await encryptFile(file, { content: plain, recipients: [recipient] });
  expect((await errorOf(decryptFile(file, { identities: [other.identity] }))).code).toBe("no_matching_identity");
  expect((await decryptFile(file, { identities: [identity] })).text).toBe(plain);
});

test("a mistake is an error with a code and the file's name, no secret is in it, and the plain file stays", async () => {
  writeFileSync(file, plain);
  const attempts: [expected: string, says: RegExp, prepare: () => void, options?: object][] = [
    ["no_recipients", /no \.sops\.yaml was found/, () => {}],
    ["config", /no creation rule of .*\.sops\.yaml matches/, () => rules(`  - path_regex: ^x$\n    age: ${recipient}`)],
    ["no_recipients", /the rule on line 2 names no keys/, () => rules("  - path_regex: secret")],
    ["invalid_recipient", /the rule on line 2: age1x/, () => rules("  - age: age1x")],
    [
      "config",
      /2 of the six settings/,
      () => rules(`  - age: ${recipient}\n    encrypted_regex: a\n    encrypted_suffix: b`),
    ],
    ["config", /cannot be read: no such file/, () => {}, { config: join(folder, "nowhere.yaml") }],
    [
      "invalid_option",
      /There is no option "recipient"/,
      () => {},
      { recipients: [recipient], recipient, config: join(folder, "empty.yaml") },
    ],
    [
      "write_file",
      /cannot be written/,
      () => {},
      { recipients: [recipient], output: join(folder, "nowhere/a.yaml"), config: join(folder, "empty.yaml") },
    ],
  ];
  writeFileSync(join(folder, "empty.yaml"), "stores: {}\n");
  for (const [code, says, prepare, options] of attempts) {
    prepare();
    const error = await errorOf(encryptFile(file, options));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(says)]);
    expect(error.message).not.toContain("hunter2");
    expect(readFileSync(file, "utf8")).toBe(plain);
  }
  const missing = await errorOf(decryptFile(join(folder, "missing.yaml")));
  expect(missing).toMatchObject({ code: "read_file", cause: { code: "ENOENT" } });
  expect((await errorOf(decryptFile(file))).message).toContain(file);
  expect((await errorOf(decryptFile(new URL("https://example.com/")))).code).toBe("invalid_option");
});

test("an error of age tells where keys were looked for, and an error of the file its line", async () => {
  await encryptFile(file, { content: plain, recipients: [recipient] });
  vi.stubEnv("SOPS_AGE_KEY", (await generateIdentity()).identity);
  const error = await errorOf(decryptFile(file));
  expect(error.message).toMatch(/Looked in: .*SOPS_AGE_KEY \(1 key\)/);
  expect(error.message).not.toContain("AGE-SECRET-KEY");
  writeFileSync(file, "a: b\nb: [\n");
  expect(await errorOf(decryptFile(file))).toMatchObject({ code: "syntax", line: expect.any(Number) });
});

test.skipIf(process.platform === "win32")(
  "links, mode and hard links of the file stay (Windows has none)",
  async () => {
    writeFileSync(file, plain);
    chmodSync(file, 0o640);
    symlinkSync("secret.yaml", join(folder, "link.yaml"));
    linkSync(file, join(folder, "other.yaml"));
    await encryptFile(join(folder, "link.yaml"), { recipients: [recipient] });
    expect(lstatSync(join(folder, "link.yaml")).isSymbolicLink()).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect((await decryptFile(join(folder, "other.yaml"))).text).toBe(plain);
    expect(readdirSync(folder).filter((name) => name.startsWith(".isosops"))).toEqual([]);
  },
);

test("of two that encrypt a file at once, one succeeds, and the other says that the file was changed", async () => {
  writeFileSync(file, plain);
  const results = await Promise.allSettled([1, 2, 3, 4].map(() => encryptFile(file, { recipients: [recipient] })));
  expect(results.filter(({ status }) => status === "fulfilled").length).toBe(1);
  for (const result of results) {
    if (result.status === "rejected") expect(["already_encrypted", "write_file"]).toContain(result.reason.code);
  }
  expect((await decryptFile(file)).text).toBe(plain);
});

test("to another file, and the plain one stays", async () => {
  writeFileSync(file, plain);
  await encryptFile(file, { recipients: [recipient], output: join(folder, "secret.enc.yaml") });
  expect(readFileSync(file, "utf8")).toBe(plain);
  expect((await decryptFile(join(folder, "secret.enc.yaml"))).text).toBe(plain);
});

test("twenty programs' changes to one file at the same time are all there", async () => {
  await encryptFile(file, { content: plain, recipients: [recipient] });
  const names = Array.from({ length: 20 }, (_, index) => `key${index}`);
  await Promise.all(names.map((name) => editFile(file, [{ set: [name], value: name }])));
  const { data } = await decryptFile(file);
  expect(data).toEqual({ password: "hunter2", port: 5432, ...Object.fromEntries(names.map((name) => [name, name])) });
});

test("if one change fails, none is made; and with idempotent, what is there is not written once more", async () => {
  await encryptFile(file, { content: plain, recipients: [recipient] });
  const before = readFileSync(file, "utf8");
  const error = await errorOf(editFile(file, [{ set: ["a"], value: "b" }, { unset: ["nowhere"] }]));
  expect([error.code, error.message.includes(file)]).toEqual(["path_not_found", true]);
  await editFile(file, [{ set: ["port"], value: 5432 }, { unset: ["nowhere"] }], { idempotent: true });
  expect(readFileSync(file, "utf8")).toBe(before);
  for (const changes of [[], {}, [{ path: ["a"] }], undefined]) {
    expect((await errorOf(editFile(file, changes as never))).code).toBe("invalid_option");
  }
});
