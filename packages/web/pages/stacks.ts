/** What somebody does in the Stack Builder, for tests: only by clicks and keys. */
import type { Locator, Page } from "playwright-core";

/** Creates a cluster file. */
export async function createCluster(page: Page, name: string, path = "cluster.yaml"): Promise<void> {
  await page.getByRole("button", { name: "New cluster file…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name of the cluster").fill(name);
  await dialog.getByLabel("File").fill(path);
  await dialog.getByRole("button", { name: "Create" }).click();
  await page.getByRole("region", { name: path }).waitFor();
}

/** Adds a manifest, or an addon, to the only cluster file, which opens its editor. */
export async function addItem(page: Page, kind: "manifest" | "addon", name: string, stack: string): Promise<void> {
  await page.getByRole("button", { name: /^Add to / }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(kind === "manifest" ? "A manifest" : "An addon: the values of a Helm chart").check();
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("Stack", { exact: true }).fill(stack);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
}

/** Opens a manifest or an addon by its link. */
export async function openItem(page: Page, name: string): Promise<void> {
  await page
    .getByRole("navigation", { name: "Stacks and their parts" })
    .getByRole("link", { name: new RegExp(`^${name}\\b`) })
    .click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
}

/** The editor's text field. */
export function editorOf(page: Page, name: string): Locator {
  return page.getByLabel(`Text of ${name}`);
}

/** Types a text in the place of what is in the editor. */
export async function typeText(page: Page, name: string, text: string): Promise<void> {
  await editorOf(page, name).click();
  await page.keyboard.press("Control+A");
  // Chromium gives what is typed over coloured text its style, which the policy forbids, and says so.
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(text);
  await page.getByText("Not saved").waitFor();
}

/** The text in the editor; hidden values are missing. */
export async function textOf(page: Page): Promise<string> {
  return (await page.locator(".item-text .cm-line").allTextContents()).join("\n");
}

/** Marks a key by typing it. */
export async function markKey(page: Page, key: string): Promise<void> {
  await page.getByLabel("Add a key").fill(key);
  await page.keyboard.press("Enter");
  await page.getByRole("list", { name: "Marked keys" }).getByText(key, { exact: true }).waitFor();
}

/** Saves, and waits until the page says that it was. */
export async function save(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Save/ }).click();
  await page.getByText(/^Saved /).waitFor();
  await page.getByText("Not saved").waitFor({ state: "detached" });
  await closeMessages(page);
}

export async function closeMessages(page: Page): Promise<void> {
  const close = page.getByRole("button", { name: "Close this message" });
  while ((await close.count()) > 0) await close.first().click();
}
