/** What callers do whom no compiler checks: every answer is a result or one error in words. */
import { describe, expect, test } from "vitest";
import * as isosops from "./index.js";
import {
  decrypt,
  encrypt,
  extract,
  findCreationRule,
  generateIdentity,
  get,
  identityToRecipient,
  inspect,
  parseConfig,
  parsePath,
  reselect,
  SopsError,
  set,
  unset,
  updateRecipients,
  verify,
} from "./index.js";

const { identity, recipient } = await generateIdentity();
const other = await generateIdentity();
const plain = "a: b\nlist: [1, 2]\n";
const sealed = (await encrypt(plain, { format: "yaml", recipients: [recipient] })).text;
const creationRule = (await findCreationRule(
  await parseConfig(`creation_rules:\n  - age: ${recipient}\n`),
  "file.yaml",
))!;

const own = { format: "yaml", identities: [identity] };
type Call = (source: unknown, options: unknown) => Promise<unknown>;

/** Every function that takes a source and options, with options that do, and all others that it has. */
const calls: Record<string, { call: Call; source: string; options: Record<string, unknown>; more: string[] }> = {
  encrypt: {
    call: encrypt as Call,
    source: plain,
    options: { format: "yaml", recipients: [recipient] },
    more: [
      "outputFormat",
      "layout",
      "indent",
      "filename",
      "keyGroups",
      "shamirThreshold",
      "macOnlyEncrypted",
      "select",
      "allowExtra",
      "allowUnmatched",
      "encryptedRegex",
      "unencryptedSuffix",
    ],
  },
  decrypt: {
    call: decrypt as Call,
    source: sealed,
    options: own,
    more: ["outputFormat", "layout", "indent", "filename", "ignoreMac", "integers", "dates"],
  },
  inspect: { call: inspect as Call, source: sealed, options: { format: "yaml" }, more: ["filename"] },
  set: {
    call: set as Call,
    source: sealed,
    options: { ...own, path: ["a"], value: "c" },
    more: ["json", "idempotent", "ignoreMac", "layout", "outputFormat"],
  },
  unset: { call: unset as Call, source: sealed, options: { ...own, path: ["a"] }, more: ["idempotent"] },
  get: { call: get as Call, source: sealed, options: { ...own, path: ["a"] }, more: ["dates"] },
  extract: { call: extract as Call, source: sealed, options: { ...own, path: ["list"] }, more: ["outputFormat"] },
  reselect: { call: reselect as Call, source: sealed, options: { ...own, select: ["a"] }, more: ["deselect"] },
  updateRecipients: {
    call: updateRecipients as Call,
    source: sealed,
    options: { ...own, add: [other.recipient], remove: [] },
    more: ["newDataKey", "allowedRecipients", "kinds", "filename"],
  },
  verify: { call: verify as Call, source: sealed, options: { format: "yaml", creationRule }, more: ["filename"] },
};

const nested = Array.from({ length: 1200 }, () => "a");
const holed: unknown[] = [];
holed[1] = 1;
const cyclic: unknown[] = [];
cyclic.push(cyclic);
/** As JavaScript has them. What is right for an option by chance gives a result. */
const odd: readonly unknown[] = [
  null,
  true,
  0,
  Number.NaN,
  -1,
  1.5,
  1n,
  "",
  "x",
  "\ud800",
  Symbol("x"),
  () => {},
  {},
  [],
  [undefined],
  holed,
  [[]],
  [[null]],
  [null],
  [{}],
  nested,
  cyclic,
  new Map([["a", 1]]),
  new Set([1]),
  new Date(Number.NaN),
  /a/,
  new URL("https://example.com"),
  new Uint8Array([255]),
  new ArrayBuffer(4),
  new DataView(new ArrayBuffer(4)),
  Object.create(null),
  new Proxy({}, {}),
  Promise.resolve("a"),
  { keyGroups: null },
  { keyGroups: [null], line: "x" },
  { name: "own", parse: "x" },
];

async function ask(about: string, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    // With the stack, where it is another error.
    expect([about, error instanceof SopsError ? "SopsError" : (error as Error)?.stack]).toEqual([about, "SopsError"]);
    expect((error as SopsError).message).toMatch(/\w \w/);
    expect((error as SopsError).message).not.toContain(identity);
  }
}

describe.each(Object.entries(calls))("%s", (_, { call, source, options, more }) => {
  test("takes what it takes", async () => {
    await expect(call(source, options)).resolves.not.toThrow();
  });

  test("any source", async () => {
    for (const [index, value] of odd.entries()) await ask(`source ${index}`, () => call(value, options));
  });

  test("any options", async () => {
    for (const [index, value] of odd.entries()) await ask(`options ${index}`, () => call(source, value));
  });

  test.each([...Object.keys(options), ...more])("any value of %s", async (name) => {
    for (const [index, value] of odd.entries()) {
      await ask(`${name}: ${index}`, () => call(source, { ...options, [name]: value }));
    }
  });
});

test("functions of one argument", async () => {
  const given: Record<string, (value: never) => unknown> = {
    parsePath,
    identityToRecipient,
    parseConfig,
    formatForPath: isosops.formatForPath,
    config: (value) => findCreationRule(value, "x"),
    path: (value) => findCreationRule({ creationRules: [], destinationRules: [], stores: {} as never }, value),
  };
  for (const [name, call] of Object.entries(given)) {
    for (const [index, value] of odd.entries()) await ask(`${name} ${index}`, async () => call(value as never));
  }
});

const yaml = { format: "yaml", recipients: [recipient] } as const;
const edit = { format: "yaml", identities: [identity] } as const;

describe("is refused in words", () => {
  type Refusal = [about: string, run: () => Promise<unknown>, code: string, message: RegExp];
  const refusals: Refusal[] = [
    [
      "a path of 1,200 parts",
      () => set(sealed, { ...edit, path: nested, value: 1 }),
      "invalid_path",
      /1200 parts.*1000/,
    ],
    ["the same as text", () => set(sealed, { ...edit, path: '["a"]'.repeat(1200), value: 1 }), "invalid_path", /1200/],
    [
      "a hole in a list",
      () => set(sealed, { ...edit, path: ["x"], value: holed as never }),
      "invalid_option",
      /\[0\].*undefined/,
    ],
    [
      "a Map",
      () => set(sealed, { ...edit, path: ["x"], value: new Map([["k", 1]]) as never }),
      "invalid_option",
      /is a Map: make it a plain object/,
    ],
    [
      "a Set in a list",
      () => set(sealed, { ...edit, path: ["x"], value: [new Set([1])] as never }),
      "invalid_option",
      /\[0\] is a Set/,
    ],
    [
      "an instance",
      () => set(sealed, { ...edit, path: ["x"], value: { u: new URL("https://a.b") } as never }),
      "invalid_option",
      /value, u is a URL/,
    ],
    [
      "half a character",
      () => set(sealed, { ...edit, path: ["x"], value: { a: "\udc00" } }),
      "invalid_option",
      /value, a holds half/,
    ],
    [
      "half a character in a key",
      () => set(sealed, { ...edit, path: ["x"], value: { "\ud800": 1 } }),
      "invalid_option",
      /half/,
    ],
    ["half a character in a path", () => set(sealed, { ...edit, path: ["\ud800"], value: 1 }), "invalid_path", /half/],
    ["half a character in a source", () => encrypt("a: b\nc: \ud800\n", yaml), "syntax", /line 2, column 4.*half/],
    [
      "half a character in a rule",
      () => encrypt(plain, { ...yaml, encryptedRegex: "a|\ud800" }),
      "invalid_option",
      /`encryptedRegex` holds half/,
    ],
    [
      "half a character in a selector",
      () => encrypt(plain, { ...yaml, select: ["a", "\ud800"], allowUnmatched: true }),
      "invalid_option",
      /`select` holds half/,
    ],
    [
      "half a character in JSON",
      () => set(sealed, { ...edit, path: ["x"], json: '"\ud800"' }),
      "invalid_option",
      /`json` holds half/,
    ],
    [
      "null for a format",
      () => encrypt(plain, { ...yaml, format: null as never }),
      "invalid_option",
      /`format` must be the name/,
    ],
    [
      "null for an output format",
      () => encrypt(plain, { ...yaml, outputFormat: null as never }),
      "invalid_option",
      /`outputFormat`/,
    ],
    [
      "key groups that are none",
      () => encrypt(plain, { format: "yaml", keyGroups: [recipient] as never }),
      "invalid_option",
      /list of lists/,
    ],
    [
      "key groups beside recipients",
      () => encrypt(plain, { ...yaml, keyGroups: [[recipient]] } as never),
      "invalid_option",
      /mutually exclusive/,
    ],
    [
      "a threshold of NaN",
      () => encrypt(plain, { ...yaml, shamirThreshold: Number.NaN }),
      "invalid_option",
      /`shamirThreshold`/,
    ],
    [
      "a recipient that is not a string",
      () => updateRecipients(sealed, { ...edit, add: [5 as never] }),
      "invalid_option",
      /`add` must be a list/,
    ],
    [
      "recipients that are no list",
      () => updateRecipients(sealed, { ...edit, remove: recipient as never }),
      "invalid_option",
      /`remove`/,
    ],
    [
      "an invalid creation rule",
      () => verify(sealed, { format: "yaml", creationRule: {} as never }),
      "invalid_option",
      /findCreationRule/,
    ],
    [
      "text for a bool",
      () => decrypt(sealed, { ...edit, ignoreMac: "no" as never }),
      "invalid_option",
      /true or false/,
    ],
  ];
  test.each(refusals)("%s", async (_, run, code, message) => {
    await expect(run()).rejects.toMatchObject({ name: "SopsError", code, message: expect.stringMatching(message) });
  });

  test.each([
    ["secrets/app.yaml", "yaml"],
    ["./app.json", "json"],
    ["/etc/app.env", "dotenv"],
    ["app.ini", "ini"],
    ["C:\\app.enc", "yaml"],
  ] as const)("the name of a file, %s", async (path, format) => {
    for (const run of [
      () => decrypt(path, { format, identities: [identity] }),
      () => encrypt(path, { format, recipients: [recipient] }),
      () => set(path, { format, identities: [identity], path: ["a"], value: 1 }),
    ]) {
      await expect(run()).rejects.toMatchObject({ message: expect.stringMatching(/looks like a file name/) });
    }
    await expect(decrypt("a: b: c", edit)).rejects.not.toMatchObject({
      message: expect.stringMatching(/name of a file/),
    });
  });
});
