/**
 * The workbench in Firefox. Debian's is driven by WebDriver BiDi, with the last version of playwright-core that asks it for nothing that it
 * does not know; downloads are not told of there.
 */
import { existsSync } from "node:fs";
import type { Page } from "playwright-core";
import { type Browser, firefox } from "playwright-core-firefox";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { firefoxPath } from "../../../runtime-tests/find.js";
import { findSops, readKey, runSops, sopsVersions } from "../../../test-vectors/tools.js";
import { type StaticHost, startStaticHost } from "./static-host.js";
import { addIdentity, clickKey, nameRecipients, openFile, shownText, typeOver } from "./workbench.js";

const path = firefoxPath();
const isThere = existsSync(path);
if (!isThere) {
  const reason = "there is no Firefox (node runtime-tests/install.js --firefox, or FIREFOX_BIN)";
  if (process.env.ISOSOPS_REQUIRE_LIVE) throw new Error(reason);
  console.log(`The workbench in Firefox is skipped: ${reason}.`);
}

const { recipient, identity } = readKey("first");
const binaries = findSops().filter(({ version }) => sopsVersions.includes(version));
const plain = "# shop\nuser: app\npassword: hunter2\nport: 5432\n";

describe.skipIf(!isThere)("in Firefox", () => {
  let host: StaticHost;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];
  const hosts = new Set<string>();
  beforeAll(async () => {
    host = await startStaticHost();
    browser = await firefox.launch({ channel: "moz-firefox", executablePath: path, headless: true });
    const opened = await browser.newPage();
    opened.on("pageerror", (error) => problems.push(error.message));
    opened.on("console", (message) => problems.push(message.text()));
    opened.on("request", (request) => hosts.add(new URL(request.url()).origin));
    await opened.addInitScript(() => {
      const saved = window as unknown as { violations: string[]; saved: Blob };
      saved.violations = [];
      document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
        saved.violations.push(`${violatedDirective} ${blockedURI}`);
      });
      const make = URL.createObjectURL;
      URL.createObjectURL = (blob) => {
        saved.saved = blob as Blob;
        return make.call(URL, blob);
      };
    });
    page = opened as unknown as Page;
    await page.goto(host.address);
  });
  afterAll(async () => {
    await browser?.close();
    await host?.stop();
  });

  /** What the page gives Firefox to save. */
  async function download(): Promise<string> {
    await page.getByRole("button", { name: "Download", exact: true }).click();
    return page.evaluate(() => (window as unknown as { saved: Blob }).saved.text());
  }

  async function expectOpens(text: string, expected: string): Promise<void> {
    expect(binaries.map(({ version }) => version)).toEqual(sopsVersions);
    for (const sops of binaries) {
      const { output, message } = await runSops(sops, ["--decrypt"], { text, format: "yaml", identities: [identity] });
      expect({ version: sops.version, message }).toEqual({ version: sops.version, message: "" });
      expect(parse(output)).toEqual(parse(expected));
    }
  }

  async function expectNoProblems(): Promise<void> {
    expect(problems).toEqual([]);
    expect(await page.evaluate(() => (window as unknown as { violations: string[] }).violations)).toEqual([]);
    expect([...hosts]).toEqual([new URL(host.address).origin]);
  }

  let sealed: string;
  test("a key is clicked, and sops opens what is encrypted", async () => {
    await openFile(page, "app.yaml", plain);
    await clickKey(page, ["password"]);
    await page.locator("code.rule").getByText("encrypted_regex: ^(password)$", { exact: true }).waitFor();
    await nameRecipients(page, recipient);
    await page.getByRole("button", { name: "Encrypt", exact: true }).click();
    await page.getByText("Encrypted: 1 value.").waitFor();
    sealed = await download();
    expect(sealed).toMatch(/^# shop\nuser: app\npassword: ENC\[AES256_GCM,.*\]\nport: 5432\n/);
    await expectOpens(sealed, plain);
    await expectNoProblems();
  });

  test("an encrypted file is decrypted, hidden at first, edited and encrypted again", async () => {
    await openFile(page, "app.yaml", sealed);
    await addIdentity(page, identity);
    await page.getByRole("button", { name: "Decrypt", exact: true }).click();
    await page.getByText("Decrypted in this tab").waitFor();
    expect(await shownText(page)).not.toContain("hunter2");
    await page.getByRole("button", { name: "Hidden value: press to show it" }).click();
    await typeOver(page, "hunter2", "hunter3");
    await page.getByRole("button", { name: "Encrypt changes" }).click();
    await page.getByText("Encrypted: 1 value.").waitFor();
    await expectOpens(await download(), plain.replace("hunter2", "hunter3"));
    await expectNoProblems();
  });

  test("works without its host", async () => {
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await host.stop();
    await page.reload();
    await openFile(page, "app.yaml", sealed);
    await page.getByText("Opened by any of these keys:").waitFor();
    await page.getByText(recipient).first().waitFor();
    await expectNoProblems();
  });
});
