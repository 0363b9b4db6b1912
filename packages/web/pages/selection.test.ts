/** Keys are clicked in the tree, and the downloaded file is opened by the real sops. What is expected is written by hand. */
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { encryptedPaths } from "../../../test-vectors/selectors/encrypted-paths.js";
import { findSops, readKey, runSops, sopsVersions } from "../../../test-vectors/tools.js";
import { collectProblems, launch } from "./browser.js";
import { type StaticHost, startStaticHost } from "./static-host.js";
import { clickKey, encryptAndDownload, nameRecipients, openFile } from "./workbench.js";

type Format = "yaml" | "json" | "dotenv" | "ini";

interface Example {
  readonly about: string;
  readonly document: string;
  readonly format: Format;
  readonly click: readonly (readonly string[])[];
  readonly rule: string;
  readonly leaves: readonly string[];
  /** What is encrypted, too, and has to be agreed to. */
  readonly extra?: string;
}

const examples: readonly Example[] = [
  {
    about: "a name that no other value has",
    document: "secret.yaml",
    format: "yaml",
    click: [["stringData", "password"]],
    rule: "encrypted_regex: ^(password)$",
    leaves: ["stringData/password"],
  },
  {
    about: "a name with dots",
    document: "secret.yaml",
    format: "yaml",
    click: [
      ["data", ".dockerconfigjson"],
      ["data", "tls.crt"],
    ],
    rule: "encrypted_regex: ^(\\.dockerconfigjson|tls\\.crt)$",
    leaves: ["data/.dockerconfigjson", "data/tls.crt"],
  },
  {
    about: "one of two with the same name: the rule names the others",
    document: "values.yaml",
    format: "yaml",
    click: [["auth", "password"]],
    rule: "unencrypted_regex: ^(credentials|empty|enabled|grafana|nothing|postgres|ratio|replicas|token)$",
    leaves: ["auth/password"],
  },
  {
    about: "a key of the items of a list",
    document: "list.yaml",
    format: "yaml",
    click: [["users", "pin"]],
    rule: "encrypted_regex: ^(pin)$",
    leaves: ["users/0/pin", "users/1/pin"],
  },
  {
    about: "no rule of names: a comment tells the value",
    document: "conflict.yaml",
    format: "yaml",
    click: [["db", "password"]],
    rule: "encrypted_comment_regex: ^(sops:encrypt| sops:encrypt)$",
    leaves: ["db/password"],
  },
  {
    about: "impossible: another value is encrypted, too, once somebody agrees",
    document: "conflict.json",
    format: "json",
    click: [["db", "password"]],
    rule: "encrypted_regex: ^(password)$",
    leaves: ["password", "db/password"],
    extra: "password",
  },
  {
    about: "a section of an INI file",
    document: "app.ini",
    format: "ini",
    click: [["cache", "password"]],
    rule: "unencrypted_regex: ^(db|host)$",
    leaves: ["cache/password"],
  },
  {
    about: "a variable",
    document: "app.env",
    format: "dotenv",
    click: [["DB_PASSWORD"]],
    rule: "encrypted_regex: ^(DB_PASSWORD)$",
    leaves: ["DB_PASSWORD"],
  },
];

const { recipient, identity } = readKey("first");
const binaries = findSops().filter(({ version }) => sopsVersions.includes(version));
const source = (name: string) =>
  readFileSync(new URL(`../../../test-vectors/selectors/documents/${name}`, import.meta.url), "utf8");

let host: StaticHost;
let browser: Browser;
let page: Page;
let problems: string[];
beforeAll(async () => {
  [host, browser] = await Promise.all([startStaticHost(), launch()]);
  page = await browser.newPage();
  problems = collectProblems(page);
  await page.goto(host.address);
});
afterAll(async () => {
  await browser?.close();
  await host?.stop();
});

describe("clicked keys", () => {
  if (binaries.length < sopsVersions.length) {
    const reason = "sops of both versions was not found: node test-vectors/install.js";
    if (process.env.ISOSOPS_REQUIRE_LIVE) throw new Error(reason);
    console.log(`Without sops itself, because ${reason}.`);
  }

  test.each(examples.map((example) => [`${example.about} (${example.document})`, example] as const))(
    "%s",
    async (_, { document, format, click, rule, leaves, extra }) => {
      const plain = source(document);
      await openFile(page, document, plain);
      for (const path of click) await clickKey(page, path);
      await page.locator("code.rule").getByText(rule, { exact: true }).waitFor();
      await nameRecipients(page, recipient);
      if (extra !== undefined) {
        await page.getByText("none of its rules selects exactly these values").waitFor();
        expect(await page.getByRole("status").getByRole("listitem").allTextContents()).toEqual([extra]);
        // Nothing is encrypted until somebody agrees.
        expect(await page.getByRole("button", { name: "Encrypt", exact: true }).getAttribute("aria-disabled")).toBe(
          "true",
        );
        await page.getByLabel("Encrypt these as well").check();
      }
      const text = await encryptAndDownload(page);
      expect(encryptedPaths(text, format).sort()).toEqual([...leaves].sort());
      for (const sops of binaries) {
        const { exit, output, message } = await runSops(sops, ["--decrypt"], { text, format, identities: [identity] });
        expect(`${exit} ${message}`).toBe("0 ");
        expect(valuesOf(output, format)).toEqual(valuesOf(plain, format));
      }
      expect(problems).toEqual([]);
    },
  );
});

describe("the worked examples of docs/guide/selection.md", () => {
  const guide = readFileSync(new URL("../../../docs/guide/selection.md", import.meta.url), "utf8");
  const files = new Map(
    [...guide.matchAll(/```(?:yaml|json) (\S+)\n(.*?)```/gs)].map(([, name, text]) => [name as string, text as string]),
  );
  const choose = (label: string) => page.getByRole("radio", { name: label }).check();
  const boxes = async () =>
    Object.fromEntries(
      await page
        .getByRole("treeitem")
        .evaluateAll((rows) =>
          rows.map((row, at) => [
            `${at} ${row.querySelector(".tree-label")?.textContent}`,
            row.getAttribute("aria-checked"),
          ]),
        ),
    );
  const nothing = {
    "0 image": "false",
    "1 auth": "false",
    "2 user": "false",
    "3 password": "false",
    "4 cache": "false",
    "5 password": "false",
    "6 host": "false",
  };
  const everything = Object.fromEntries(Object.keys(nothing).map((row) => [row, "true"]));

  interface Worked {
    readonly name: string;
    /** What the guide has of it. */
    readonly told: string;
    readonly file: string;
    readonly choose: () => Promise<void>;
    readonly leaves: readonly string[];
    readonly boxes?: Readonly<Record<string, string>>;
    readonly extra?: readonly string[];
  }
  const worked: readonly Worked[] = [
    {
      name: "without a rule, everything",
      told: "Without a rule, every value is encrypted except those whose key ends in `_unencrypted`",
      file: "values.yaml",
      choose: () => choose("Everything, but keys that end in _unencrypted"),
      leaves: ["image", "auth/user", "auth/password", "cache/password", "cache/host"],
      boxes: everything,
    },
    {
      name: "a name at any depth",
      told: "$ isosops encrypt --select password values.yaml",
      file: "values.yaml",
      choose: async () => {
        await clickKey(page, ["auth", "password"]);
        await clickKey(page, ["cache", "password"]);
      },
      leaves: ["auth/password", "cache/password"],
      boxes: { ...nothing, "1 auth": "mixed", "3 password": "true", "4 cache": "mixed", "5 password": "true" },
    },
    {
      name: "a path and a mapping",
      told: "$ isosops encrypt --select auth.password --select cache values.yaml",
      file: "values.yaml",
      choose: async () => {
        await clickKey(page, ["auth", "password"]);
        await clickKey(page, ["cache"]);
      },
      leaves: ["auth/password", "cache/password", "cache/host"],
      boxes: {
        ...nothing,
        "1 auth": "mixed",
        "3 password": "true",
        "4 cache": "true",
        "5 password": "true",
        "6 host": "true",
      },
    },
    {
      name: "what no rule says",
      told: "$ isosops encrypt --select blue.token --select green.name two.json",
      file: "two.json",
      choose: async () => {
        await clickKey(page, ["blue", "token"]);
        await clickKey(page, ["green", "name"]);
      },
      leaves: ["blue/token", "blue/name", "green/token", "green/name"],
      extra: ["blue.name", "green.token"],
    },
    {
      name: "a rule of sops",
      told: "$ isosops encrypt --encrypted-regex '^cache$' values.yaml",
      file: "values.yaml",
      choose: async () => {
        await choose("What a rule of sops says");
        await page.getByLabel("Regular expression (RE2)").fill("^cache$");
      },
      leaves: ["cache/password", "cache/host"],
      boxes: { ...nothing, "4 cache": "true", "5 password": "true", "6 host": "true" },
    },
  ];

  test.each(worked.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    expect(guide.replace(/\s+/g, " ")).toContain(one.told);
    const plain = files.get(one.file) as string;
    const format = one.file.endsWith(".json") ? "json" : "yaml";
    await openFile(page, one.file, plain);
    await choose("The keys that are marked");
    await one.choose();
    if (one.boxes !== undefined) await expect.poll(boxes).toEqual(one.boxes);
    await nameRecipients(page, recipient);
    if (one.extra !== undefined) {
      await page.getByText("none of its rules selects exactly these values").waitFor();
      expect(await page.getByRole("status").getByRole("listitem").allTextContents()).toEqual(one.extra);
      await page.getByLabel("Encrypt these as well").check();
    }
    const text = await encryptAndDownload(page);
    expect(encryptedPaths(text, format).sort()).toEqual([...one.leaves].sort());
    for (const sops of binaries) {
      const { exit, output, message } = await runSops(sops, ["--decrypt"], { text, format, identities: [identity] });
      expect(`${exit} ${message}`).toBe("0 ");
      expect(valuesOf(output, format)).toEqual(valuesOf(plain, format));
    }
    expect(problems).toEqual([]);
  });

  test("what a check finds", async () => {
    expect(guide).toContain("  4:13    error  plain-value");
    await openFile(page, "values.yaml", files.get("values.yaml") as string);
    await choose("The keys that are marked");
    await clickKey(page, ["auth", "password"]);
    await clickKey(page, ["cache", "password"]);
    await nameRecipients(page, recipient);
    const changed = (await encryptAndDownload(page)).replace(/^( {2}password: )ENC.*/m, "$1hunter4");
    expect(changed.split("\n")[3]).toBe("  password: hunter4");
    await openFile(page, "values.yaml", changed);
    await page
      .getByRole("region", { name: "Check without a key" })
      .getByText(/^Error on line 4: /)
      .waitFor();
    expect(problems).toEqual([]);
  });

  test("a box of what everything encrypts is taken out by a click, and the others stay", async () => {
    await openFile(page, "values.yaml", files.get("values.yaml") as string);
    await choose("Everything, but keys that end in _unencrypted");
    await expect.poll(boxes).toEqual(everything);
    await clickKey(page, ["cache"]);
    await expect.poll(boxes).toEqual({ ...everything, "4 cache": "false", "5 password": "false", "6 host": "false" });
    await nameRecipients(page, recipient);
    expect(encryptedPaths(await encryptAndDownload(page), "yaml").sort()).toEqual(
      ["image", "auth/user", "auth/password"].sort(),
    );
    expect(problems).toEqual([]);
  });
});

/** What a text says, without what sops formats in another way. */
function valuesOf(text: string, format: Format): unknown {
  if (format === "yaml" || format === "json") {
    return parseAllDocuments(text, { merge: false }).map((document) => document.toJS({ mapAsMap: true }));
  }
  return text
    .split("\n")
    .map((line) => line.replace(/ *= */, "="))
    .filter((line) => line.trim() !== "" && !/^[#;]/.test(line));
}
