/** What somebody does on the workbench, for tests. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect } from "vitest";

/** Opens a file through the button for it. */
export async function openFile(page: Page, name: string, content: string | Uint8Array): Promise<void> {
  if (await page.getByRole("button", { name: "Close", exact: true }).isVisible()) await closeFile(page);
  await page.getByLabel("Choose a file…").setInputFiles({ name, mimeType: "", buffer: Buffer.from(content) });
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

/** Closes the file that is open, and waits until none is. */
export async function closeFile(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await page.getByRole("heading", { name: "Open a file" }).waitFor();
}

/** Clicks the key with this path in the tree. */
export async function clickKey(page: Page, path: readonly string[]): Promise<void> {
  await page.getByRole("tree").getByRole("treeitem").first().waitFor();
  const index = await page.getByRole("tree").evaluate((tree, wanted) => {
    const above: string[] = [];
    let found = -1;
    for (const [at, row] of [...tree.querySelectorAll("[role=treeitem]")].entries()) {
      const level = Number(row.getAttribute("aria-level"));
      above.length = level - 1;
      const label = row.querySelector(".tree-label")?.textContent ?? "";
      // Items of lists are no keys.
      above.push(row.getAttribute("aria-checked") === null ? "" : label);
      if (found === -1 && above.filter((key) => key !== "").join("\n") === wanted.join("\n")) found = at;
    }
    return found;
  }, path);
  if (index === -1) throw new Error(`the tree has no ${path.join(".")}`);
  await page.getByRole("treeitem").nth(index).click();
}

/** Presses a button that downloads, and reads the file. */
export async function readDownload(page: Page, button: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button, exact: true }).click(),
  ]);
  return readFile(await download.path(), "utf8");
}

/** Types recipients, and waits until they are accepted. */
export async function nameRecipients(page: Page, text: string): Promise<void> {
  await page.getByLabel("Recipients", { exact: true }).fill(text);
}

/** Encrypts, and gives the file that is downloaded. */
export async function encryptAndDownload(page: Page): Promise<string> {
  const button = page.getByRole("button", { name: "Encrypt", exact: true });
  await expect.poll(() => button.getAttribute("aria-disabled"), { timeout: 30_000 }).toBe(null);
  await button.click();
  await page.getByText(/^(Encrypted: \d+|No value is encrypted)/).waitFor();
  return readDownload(page, "Download");
}

/** Adds an identity by typing it. */
export async function addIdentity(page: Page, identity: string): Promise<void> {
  await page.getByLabel("Add an identity").fill(identity);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page
    .getByRole("button", { name: /^Forget age1/ })
    .first()
    .waitFor();
}

/** The text in the editor, without what is hidden. */
export async function shownText(page: Page): Promise<string> {
  // The editor is loaded after the rest of the page.
  await page.locator(".work-editor .cm-line").first().waitFor();
  const lines = await page.locator(".work-editor .cm-line").allTextContents();
  return lines.join("\n");
}

/** Replaces the last word of a line in the editor. */
export async function typeOver(page: Page, word: string, by: string): Promise<void> {
  await page.locator(".work-editor .cm-line", { hasText: word }).click();
  await page.keyboard.press("End");
  await page.keyboard.press("Control+Shift+ArrowLeft");
  await page.keyboard.insertText(by);
}

/** Waits until a draft was stored that has everything that was done until now. */
export async function draftIsKept(page: Page): Promise<void> {
  const since = await page.evaluate(() => Date.now());
  await expect.poll(() => page.evaluate(lastDraft), { timeout: 30_000 }).toBeGreaterThanOrEqual(since);
}

/** When the last draft was stored. */
function lastDraft(): Promise<number> {
  return new Promise((resolve) => {
    const request = indexedDB.open("isosops");
    request.onsuccess = () => {
      const drafts = request.result.transaction("drafts").objectStore("drafts").getAll();
      drafts.onsuccess = () => {
        request.result.close();
        resolve(Math.max(0, ...drafts.result.map(({ time }) => time)));
      };
    };
  });
}
