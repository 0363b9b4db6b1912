/**
 * Text of INI files that sops does not read as a value: behind the names of sections, by quoted keys and values, behind comment
 * signs, earlier values of repeated keys, and how values over several lines are written. None of it may stay readable where its value
 * is encrypted, all of it comes back byte for byte, and sops reads of our file what it reads of its own.
 */
import { expect, test } from "vitest";
import { decrypt, encrypt, SopsError, set, updateRecipients, verify } from "../packages/isosops/dist/index.js";
import { findSops, readKey, runSops } from "./tools.js";

const { recipient, identity } = readKey("first");
const recipients = [recipient];
const identities = [identity];
const format = "ini" as const;

/** Everything with `hunter` in it is a secret; by turns with the lines of systemd, PHP, MySQL and Python. */
const sources: Readonly<Record<string, string>> = {
  "behind a section's name": "[db] pw = hunter2\nk = v\n",
  "behind a section's name, before a comment": "; above\n[db] hunter2 ; hunter3\nk = v\n",
  "a comment behind a section's name": "a = 1\n\n[db]  ;  hunter2 \nk = v\n",
  "between a quoted key and its delimiter": '[a]\n"k" hunter1 = v\n`l`hunter2: w\n"""m"""\thunter3 =x\n',
  "behind back quotes and three quotes":
    '[a]\nk = `v` hunter1 # hunter2\nm = """w"""hunter3;hunter4\nn = `q` # hunter5\n',
  "behind quotes of several lines": "[a]\nk = `hunter1\nw` hunter2\nl = 1\n",
  "a comment behind quotes of several lines": '[a]\nk = """hunter1\nw""" # hunter2\nl = 1\n',
  "values of a unit of systemd":
    '[Service]\nExecStart=\nExecStart=/bin/x --pw hunter1 \\\n    --user "a b" \\\n\t-c\nEnvironment="A=hunter2"\n# hunter3\nEnvironment=B=hunter4 ; hunter5\nEnvironment=C=hunter6 \\\n D=hunter7\nEnvironment=E=1\n',
  "a comment above and one behind, with empty lines":
    "[a]\n; hunter1\n\n\n# hunter2  \nk = v   ; hunter3 \n\n ; hunter4\n\n ; hunter5\n[b]\n",
  "a value that is cut at a comment sign": "[mysql]\npassword = UJ&J#hunter1\nport = 3306 ; hunter2\nuser = #hunter3\n",
  "a value of PHP in double quotes": '[php]\nsave_path = "tcp://h:6379?auth=a;hunter1#hunter2"\n',
  "line ends of Windows":
    "[a] hunter1\r\n; hunter2\r\n\r\nk = `v` hunter3\r\nl = hunter4 \\\r\n  b\r\nm = 1\r\nm = hunter5 ; hunter6\r\n",
  "a backslash at the end": "[a]\nk = hunter1\\\n\nl = hunter2\\",
};

const secret = /hunter/;

for (const [name, source] of Object.entries(sources)) {
  test(`${name}: nothing is left, and all comes back`, async () => {
    const { text } = await encrypt(source, { format, recipients });
    expect(text).not.toMatch(secret);
    expect((await verify(text, { format })).findings).toEqual([]);
    expect((await decrypt(text, { format, identities })).text).toBe(source);
  });

  test(`${name}: it comes back under another data key`, async () => {
    const { text } = await encrypt(source, { format, recipients });
    const renewed = await updateRecipients(text, {
      format,
      identities,
      newDataKey: true,
      allowedRecipients: recipients,
    });
    expect(renewed.text).not.toMatch(secret);
    expect((await decrypt(renewed.text, { format, identities })).text).toBe(source);
  });

  test(`${name}: selected alone, a value is hidden whole`, async () => {
    for (const key of ["k", "password", "Environment", "ExecStart", "save_path", "user"]) {
      if (!new RegExp(`^["\`]*${key}\\b`, "m").test(source)) continue;
      const { text } = await encrypt(source, { format, recipients, select: [key] });
      for (const line of text.split("\n"))
        if (new RegExp(`^["\`]*${key}["\`]* *[= ]`).test(line)) expect(line).not.toMatch(secret);
      expect((await verify(text, { format })).findings).toEqual([]);
      expect((await decrypt(text, { format, identities })).text).toBe(source);
    }
  });
}

test("what looks like a ciphertext in a plain file is text", async () => {
  const source =
    "[a] ENC{AES256_GCM,data~hunter}\n; ENC[AES256_GCM,data:8A==,iv:AAEC,tag:AAEC,type:str]\n;\nk = v ; hunter1\nl = ENC[AES256_GCM,data:8A==,iv:AAEC,tag:AAEC,type:str]ENC{AES256_GCM,data~8A--,iv~AAEC,tag~AAEC,type~str}\n";
  const { text } = await encrypt(source, { format, recipients });
  expect(text).not.toMatch(/data[:~]8A/);
  expect((await decrypt(text, { format, identities })).text).toBe(source);
});

const binaries = findSops();
const skipped = binaries.length === 0 ? " (skipped: no sops; set SOPS_BIN, or run test-vectors/install.js)" : "";

test.skipIf(binaries.length === 0)(
  `sops reads of our file what it reads of its own${skipped}`,
  { timeout: 120_000 },
  async () => {
    for (const sops of binaries) {
      for (const [name, source] of Object.entries(sources)) {
        const own = await runSops(sops, ["encrypt", "--age", recipient], { text: source, format });
        const expected = await runSops(sops, ["decrypt"], { text: own.output, format, identities });
        const { text } = await encrypt(source, { format, recipients });
        const { output, exit } = await runSops(sops, ["decrypt"], { text, format, identities });
        expect({ name, output, exit }, sops.version).toEqual({ name, output: expected.output, exit: expected.exit });
      }
    }
  },
);

test.skipIf(binaries.length === 0)(`verify finds what sops leaves behind a comment sign${skipped}`, async () => {
  for (const sops of binaries) {
    const source = "[a]\npassword = UJ&J#22222\nport = 3306 ; the default\nuser = u\n";
    const flags = ["encrypt", "--age", recipient, "--encrypted-regex", "^(password|port)$"];
    const { output } = await runSops(sops, flags, { text: source, format });
    // sops moves it to the line above.
    expect(output).toContain("22222");
    const moved = source
      .replace("UJ&J", /password *= (.*)/.exec(output)![1]!)
      .replace("3306", /port *= (.*)/.exec(output)![1]!);
    const { findings } = await verify(moved + output.slice(output.indexOf("\n[sops]")), { format });
    expect(findings.map(({ rule, level, region }) => [rule, level, region?.line])).toEqual([
      ["plain-text", "error", 2],
      ["plain-text", "warning", 3],
    ]);
  }
});

test("a value that is cut at a comment sign, selected where comments stay plain, is told of", async () => {
  const { warnings } = await encrypt("[a]\npassword = UJ&J#22222\n", { format, recipients, select: ["password"] });
  expect(warnings.map(({ code, message }) => [code, /line (\d+)/.exec(message)?.[1]])).toEqual([["cut_value", "2"]]);
  expect(JSON.stringify(warnings)).not.toContain("22222");
});

const unit = "[Service]\nEnvironment=A=1\nEnvironment=B=2 \\\n C=3\n`User` junk = `u` more\nEnvironment=D=4\n";

test("what sops passes over cannot be changed, moved or put in", async () => {
  const { text } = await encrypt(unit, { format, recipients });
  const codes: unknown[] = [];
  const attempt = async (tampered: string) => {
    expect(tampered).not.toBe(text);
    const error = await decrypt(tampered, { format, identities }).then(
      () => "no error",
      (error) => (error instanceof SopsError ? error.code : error),
    );
    codes.push(error);
  };
  const ignored = [...text.matchAll(/ENC\{[^}]*\}/g)].map(([found]) => found);
  const values = [...text.matchAll(/^Environment=(.*)$/gm)].map(([, value]) => value!);
  expect([ignored.length, values.length]).toEqual([3, 3]);
  for (const one of ignored)
    await attempt(
      text.replace(
        one,
        one.replace(/data~(.)/, (_, first) => `data~${first === "A" ? "B" : "A"}`),
      ),
    );
  await attempt(text.replace(ignored[1]!, ignored[2]!));
  // Earlier values change places, one is copied over another, one is taken out, one is put in.
  await attempt(text.replace(values[0]!, "\0").replace(values[1]!, values[0]!).replace("\0", values[1]!));
  await attempt(text.replace(values[0]!, values[1]!));
  await attempt(text.replace(`Environment=${values[0]}\n`, ""));
  await attempt(text.replace("[Service]\n", `[Service]\nEnvironment=${values[0]}\n`));
  await attempt(text.replace("[Service]\n", "[Service]\nEnvironment=X=evil\n"));
  expect(codes).toEqual([...Array(8).fill("value_authentication"), "malformed_value"]);
});

test("an earlier value in plain text is found", async () => {
  const { text } = await encrypt(unit, { format, recipients });
  const { findings } = await verify(text.replace("[Service]\n", "[Service]\nEnvironment=X=evil\n"), { format });
  expect(findings.map(({ rule, level, region }) => [rule, level, region?.line])).toEqual([["plain-text", "error", 2]]);
});

test("what is lost for good is refused, unless that is allowed", async () => {
  for (const options of [{ layout: "sops" }, { outputFormat: "json" }] as const) {
    await expect(encrypt(unit, { format, recipients, ...options })).rejects.toMatchObject({
      code: "lossy",
      message: expect.stringMatching(/lines 2 and 3\).*line 5\)/),
    });
    const { text, warnings } = await encrypt(unit, { format, recipients, ...options, allowLoss: true });
    expect(warnings.map(({ code }) => code)).toEqual(["lossy"]);
    const { data } = await decrypt(text, {
      format: options === undefined ? format : "outputFormat" in options ? "json" : format,
      identities,
    });
    expect(data).toMatchObject({ Service: { Environment: "D=4", User: "u" } });
  }
  // A repeated key without an earlier value to lose is none: the empty assignment of systemd counts, too.
  await expect(encrypt("[a]\nk=\nk=1\n", { format, recipients, layout: "sops" })).rejects.toMatchObject({
    code: "lossy",
  });
  const cut = { format, recipients, select: ["k"], layout: "sops" } as const;
  await expect(encrypt("[a]\nk=a#b\n", cut)).rejects.toMatchObject({ code: "unwritable", line: 2 });
});

test("a new value stands in the place of the last one, and the earlier ones stay", async () => {
  const { text } = await encrypt(unit, { format, recipients });
  const changed = await set(text, { format, identities, path: ["Service", "Environment"], value: "E=5" });
  expect((await decrypt(changed.text, { format, identities })).text).toBe(unit.replace("D=4", "E=5"));
  const lines = "[a]\nk = one \\\n  two\nl = 1\n";
  const long = (await encrypt(lines, { format, recipients })).text;
  let again = long;
  for (const value of ["new", "newer"])
    again = (await set(again, { format, identities, path: ["a", "k"], value })).text;
  expect((await decrypt(again, { format, identities })).text).toBe("[a]\nk = newer\nl = 1\n");
  expect(again).not.toContain("ENC{");
  // With another key behind a value whose last line ends in a backslash, it would go on in that key.
  const open = (await encrypt("[a]\nk = one\\\n", { format, recipients })).text;
  const added = await set(open, { format, identities, path: ["a", "l"], value: "2" });
  expect((await decrypt(added.text, { format, identities })).data).toMatchObject({ a: { k: "one", l: "2" } });
});
