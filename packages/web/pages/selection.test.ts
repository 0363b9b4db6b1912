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
