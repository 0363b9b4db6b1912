/** Several changes in one call are the same changes one after the other. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import { ageSource } from "../dist/age.js";
import {
  decrypt,
  type Edit,
  edit,
  encrypt,
  generateIdentity,
  type KeySource,
  SopsError,
  set,
  unset,
} from "../dist/index.js";
import { cachedSource } from "../dist/keys.js";

const { identity, recipient } = await generateIdentity();
const folder = mkdtempSync(join(tmpdir(), "isosops-edit-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const samples = {
  yaml: `# top
user: app # who
db: &db
  hosts: [one, 'two', "three"]   # in order

  password: |
    hunter2
    hunter3
  port: 5432
copy: *db
list:
- a: x
  b_unencrypted: "plain"
# between
- c: null
empty: {}
`,
  json: '{\n  "user": "app",\n  "db": {"hosts": ["one", "two"], "port": 5432, "n_unencrypted": 1.50},\n  "list": [{"a": "x"}, []]\n}\n',
  dotenv: "# top\nuser=app\ndb=hunter2\nlist=\nn_unencrypted=plain\n",
  ini: "; top\n[db]\nuser = app ; who\npassword = hunter2\n\n[list]\na = x\n",
} as const;
type Format = keyof typeof samples;

const locked = Object.fromEntries(
  await Promise.all(
    Object.entries(samples).map(async ([format, source]) => {
      const { text } = await encrypt(source, { format: format as Format, recipients: [recipient] });
      return [format, text] as const;
    }),
  ),
) as Record<Format, string>;

const keySources = [cachedSource(ageSource([identity]))];

function optionsFor(format: Format) {
  return { format, keySources } as const;
}

/** Values that are encrypted for the first time have random ciphertexts, and the time is that of the call. */
function comparable(text: string, format: Format): string {
  return text
    .replace(/ENC\[.*?(?:\]|\\x5d)/g, (sealed) =>
      locked[format].includes(sealed) ? sealed : sealed.replace(/data:.*?,type/, "type"),
    )
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "TIME");
}

async function inTurn(source: string, edits: readonly Edit[], options: ReturnType<typeof optionsFor>) {
  let text = source;
  for (const one of edits) {
    const { set: at, unset: removed, ...value } = one;
    text =
      at === undefined
        ? (await unset(text, { ...options, path: removed! })).text
        : (await set(text, { ...options, path: at, ...value } as Parameters<typeof set>[1])).text;
  }
  return text;
}

async function result(run: () => Promise<string>): Promise<string> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

const keys = ["user", "db", "hosts", "password", "port", "list", "a", "n_unencrypted", "empty", "new", "copy"];
const path = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...keys) }, fc.nat({ max: 3 })), {
  minLength: 1,
  maxLength: 3,
});
const value = fc.oneof(
  fc.constantFrom("x", "two words", "l1\nl2\n", "", "5", "ENC[", "# no comment", 7, 1.5, true, null),
  fc.constant([1, "b"]),
  fc.constant({ a: "b", c_unencrypted: { d: ["e"] } }),
);
const anyEdit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ set: path, value }) as fc.Arbitrary<Edit> },
  { weight: 1, arbitrary: fc.record({ unset: path }) as fc.Arbitrary<Edit> },
);

/** Paths that exist, so that more of the edits do something. */
const present: Record<Format, (string | number)[][]> = {
  yaml: [
    ["user"],
    ["db", "hosts", 1],
    ["db", "hosts", 3],
    ["db", "password"],
    ["db", "port"],
    ["list", 0, "a"],
    ["list", 1],
    ["copy"],
  ],
  json: [
    ["user"],
    ["db", "hosts", 0],
    ["db", "hosts", 2],
    ["db", "port"],
    ["db", "n_unencrypted"],
    ["list", 0],
    ["list", 1, 0],
  ],
  dotenv: [["user"], ["db"], ["list"], ["n_unencrypted"], ["new"]],
  ini: [
    ["db", "user"],
    ["db", "password"],
    ["list", "a"],
    ["list", "new"],
    ["new", "a"],
  ],
};

describe.each(Object.keys(samples) as Format[])("%s", (format) => {
  const options = optionsFor(format);
  const here = fc.constantFrom(...present[format]);
  const text = fc.constantFrom("x", "two words", "l1\\nl2", "7");
  const some = fc.oneof(
    fc.record({ set: here, value: format === "yaml" || format === "json" ? value : text }) as fc.Arbitrary<Edit>,
    fc.record({ unset: here }) as fc.Arbitrary<Edit>,
    anyEdit,
  );

  const values = fc.array(fc.record({ set: here, value: text }) as fc.Arbitrary<Edit>, { minLength: 2, maxLength: 6 });

  test("has the bytes of the same changes one after the other, or the same error", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.array(some, { maxLength: 5 }), values), async (edits) => {
        const together = await result(async () => (await edit(locked[format], edits, options)).text);
        const apart = await result(() => inTurn(locked[format], edits, options));
        expect(comparable(together, format)).toBe(comparable(apart, format));
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  test.each(findSops())("is opened by sops $version", ({ path: sops }) =>
    fc.assert(
      fc.asyncProperty(fc.array(some, { minLength: 1, maxLength: 4 }), async (edits) => {
        let written: string;
        try {
          written = (await edit(locked[format], edits, options)).text;
        } catch (error) {
          expect(error).toBeInstanceOf(SopsError);
          return;
        }
        const name = join(folder, `file.${format === "dotenv" ? "env" : format}`);
        writeFileSync(name, written);
        const env = { PATH: "", HOME: folder, SOPS_AGE_KEY: identity };
        const opened = execFileSync(sops, ["--decrypt", name], { env, encoding: "utf8" });
        const ours = await decrypt(written, { ...options, layout: "sops" });
        // Not all versions end JSON with a line break.
        expect(opened.trimEnd()).toBe(ours.text.trimEnd());
      }),
      { numRuns: 8 },
    ),
  );
});

describe("edit", () => {
  const source = locked.yaml;
  const options = optionsFor("yaml");

  test("makes all changes with one request for the data key, and leaves every other byte", async () => {
    let requests = 0;
    const age = ageSource([identity]);
    const counting: KeySource = {
      ...age,
      unwrap(key) {
        requests++;
        return age.unwrap(key);
      },
    };
    const edits = [
      { set: ["user"], value: "web" },
      { set: ["list", 0, "a"], value: 1 },
      { set: '["new"]["deep"]', json: "1e2" },
      { unset: ["empty"] },
    ];
    const { text, changed, metadata } = await edit(source, edits, { format: "yaml", keySources: [counting] });
    expect([requests, changed]).toEqual([1, true]);
    expect(text).toContain(metadata.lastModified);
    const plain = await decrypt(text, options);
    expect(plain.text).toBe(
      (await decrypt(source, options)).text
        .replace("user: app", "user: web")
        .replace("a: x", "a: 1")
        .replace("empty: {}\n", "new:\n  deep: 1e2\n"),
    );
    const known = (ciphertexts: string) => ciphertexts.match(/ENC\[.*?\]/g)!.filter((one) => source.includes(one));
    expect(known(text)).toHaveLength(known(source).length - 3);
  });

  test("changes nothing if one of the changes fails", async () => {
    const failing = edit(source, [{ set: ["user"], value: "web" }, { unset: ["nothing"] }], options);
    await expect(failing).rejects.toMatchObject({ code: "path_not_found", path: ["nothing"] });
  });

  test("returns the source for no changes, and for none that change something", async () => {
    for (const edits of [[], [{ set: ["user"], value: "app" }, { unset: ["nothing"] }]]) {
      const same = await edit(source, edits, { ...options, idempotent: true });
      expect([same.text, same.changed]).toEqual([source, false]);
    }
  });

  test("writes another format, and the layout of sops", async () => {
    const edits = [
      { set: ["user"], value: "web" },
      { set: ["db", "port"], value: 1 },
    ];
    for (const more of [{ outputFormat: "json" }, { layout: "sops" }] as const) {
      const { text } = await edit(source, edits, { ...options, ...more });
      const format = "outputFormat" in more ? more.outputFormat : "yaml";
      const { data } = await decrypt(text, { format, keySources });
      expect(data).toMatchObject({ user: "web", db: { port: 1, hosts: ["one", "two", "three"] } });
    }
  });

  test.each([
    ["no list", { set: ["a"], value: 1 }, "invalid_option", /must be a list/],
    ["neither set nor unset", [{}], "invalid_option", /must be a list/],
    ["both", [{ set: ["a"], unset: ["b"], value: 1 }], "invalid_option", /must be a list/],
    ["no value", [{ set: ["a"] }], "invalid_option", /either `value` or/],
    ["a value to unset", [{ unset: ["a"], value: 1 }], "invalid_option", /for `set`/],
    ["a path with dots", [{ set: "a.b", value: 1 }], "invalid_path", /wrong from/],
    ["the block", [{ set: ["sops", "mac"], value: 1 }], "already_encrypted", /metadata/],
  ])("refuses %s", async (_, edits, code, message) => {
    await expect(edit(source, edits as never, options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test("many values take no longer each than a few", async () => {
    const measure = async (count: number) => {
      const plain = Array.from({ length: count }, (_, index) => `k${index}: v\n`).join("");
      const { text } = await encrypt(plain, { format: "yaml", recipients: [recipient] });
      const edits = Array.from({ length: count }, (_, index) => ({ set: [`k${index}`], value: "new" }));
      const start = performance.now();
      const changed = await edit(text, edits, options);
      const each = (performance.now() - start) / count;
      expect((await decrypt(changed.text, options)).text).toBe(plain.replaceAll(": v", ": new"));
      return each;
    };
    await measure(200);
    const [few, ...many] = [await measure(200), await measure(3200), await measure(3200)];
    // In turn, it would be 16 times.
    expect(Math.min(...many)).toBeLessThan(8 * few!);
  });
});
