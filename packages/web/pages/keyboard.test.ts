/** The whole workbench by keyboard alone: no mouse, no click. The real sops opens what comes out. */
import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findSops, readKey, runSops } from "../../../test-vectors/tools.js";
import { collectProblems, launch } from "./browser.js";
import { focused as focusedIn, tabTo as tabToIn } from "./focus.js";
import { type StaticHost, startStaticHost } from "./static-host.js";

const { recipient, identity } = readKey("first");

let host: StaticHost;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  [host, browser] = await Promise.all([startStaticHost(), launch()]);
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  page.setDefaultTimeout(20_000);
});
afterAll(async () => {
  await browser?.close();
  await host?.stop();
});

const tabTo = (name: string | RegExp, key?: string) => tabToIn(page, name, key);

async function press(...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

async function downloadByEnter(): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent("download"), press("Enter")]);
  return readFile(await download.path(), "utf8");
}

async function decryptBySops(text: string): Promise<string> {
  const [sops] = findSops();
  if (sops === undefined) throw new Error("sops was not found: node test-vectors/install.js");
  const { output, message } = await runSops(sops, ["--decrypt"], { text, format: "yaml", identities: [identity] });
  expect(message).toBe("");
  return output;
}

test("text is typed, marked, encrypted, decrypted, edited and encrypted again", async () => {
  const problems = collectProblems(page);
  await page.goto(host.address);
  await page.getByRole("heading", { level: 1, name: "Workbench" }).waitFor();
  // The first stop leads past the navigation.
  await press("Tab");
  expect((await focusedIn(page)).name).toBe("Skip to the page");
  await press("Enter");
  await tabTo("Type or paste text");
  await press("Enter");
  await page.locator(".cm-content").waitFor();
  await tabTo("Text of secrets.yaml");
  await page.keyboard.insertText("user: app\npassword: hunter2\n");
  await page.getByRole("treeitem", { name: "password" }).waitFor();
  // Tab indents in the editor; after Escape it leads on.
  await press("Escape", "Shift+Tab");
  await tabTo("Keys of the file", "Shift+Tab");
  await press("ArrowDown", "Space");
  await page.locator("code.rule").getByText("encrypted_regex: ^(password)$", { exact: true }).waitFor();
  await tabTo("Text of secrets.yaml");
  await press("Escape");
  await tabTo("Recipients");
  await page.keyboard.insertText(recipient);
  await tabTo("Encrypt");
  await expect
    .poll(() => page.getByRole("button", { name: "Encrypt", exact: true }).getAttribute("aria-disabled"))
    .toBe(null);
  await press("Enter");
  await page.getByText("Encrypted: 1 value.").waitFor();
  await tabTo("Download", "Shift+Tab");
  const sealed = await downloadByEnter();
  expect(await decryptBySops(sealed)).toBe("user: app\npassword: hunter2\n");

  await tabTo("Close", "Shift+Tab");
  await press("Enter");
  await page.getByRole("heading", { level: 1, name: "Workbench" }).waitFor();
  // Chromium learns only now that the test answers the dialog: before Tab, so that Enter does not come first.
  const asked = page.waitForEvent("filechooser");
  await tabTo("Choose a file…");
  const [chooser] = await Promise.all([asked, press("Enter")]);
  await chooser.setFiles({ name: "app.yaml", mimeType: "", buffer: Buffer.from(sealed) });
  await page.getByText("Opened by any of these keys:").waitFor();
  await tabTo("Add an identity");
  await page.keyboard.insertText(identity);
  await press("Enter");
  await page.getByRole("button", { name: /^Forget age1/ }).waitFor();
  await tabTo("Decrypt", "Shift+Tab");
  await press("Enter");
  await page.getByText("Decrypted in this tab").waitFor();
  await page.locator(".cm-mask").waitFor();
  await tabTo("Decrypted text of app.yaml");
  await press("Control+End", "ArrowUp", "Alt+Enter", "End", "Control+Shift+ArrowLeft");
  await page.keyboard.insertText("hunter3");
  await press("Escape");
  await tabTo("Encrypt changes");
  await press("Enter");
  await page.getByText("Encrypted: 1 value.").waitFor();
  await tabTo("Download", "Shift+Tab");
  expect(await decryptBySops(await downloadByEnter())).toBe("user: app\npassword: hunter3\n");
  expect(problems).toEqual([]);
});

test("a dialog holds the focus, Escape closes it, and the focus is where it was", async () => {
  await page.goto(host.address);
  await tabTo("Make a new one");
  await press("Enter");
  await page.getByRole("dialog").waitFor();
  for (let presses = 0; presses < 8; presses++) {
    await press("Tab");
    expect(
      await page.evaluate(
        () => document.activeElement === document.body || document.activeElement?.closest("dialog") !== null,
      ),
    ).toBe(true);
  }
  await press("Escape");
  await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  await expect.poll(async () => (await focusedIn(page)).name).toBe("Make a new one");
});
