/**
 * Every view in both themes and two widths: axe finds nothing, nothing is cut off or lies on something else. With `ISOSOPS_SCREENSHOTS`, the name of
 * a folder, pictures of all of them go there (`pnpm pages --screenshots FOLDER`).
 */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collectProblems, launch } from "./browser.js";
import { checkLooks } from "./looks.js";
import { makeRepository, passphrase, serve } from "./served.js";
import { addItem, createCluster, markKey, save, typeText } from "./stacks.js";
import { type StaticHost, startStaticHost } from "./static-host.js";
import { views } from "./views.js";

let host: StaticHost;
let browser: Browser;
beforeAll(async () => {
  [host, browser] = await Promise.all([startStaticHost(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await host?.stop();
});

test.each(views.map((view) => [view.name, view] as const))("%s", async (name, view) => {
  const page = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
  const problems = collectProblems(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(host.address);
  await view.open(page);
  await checkLooks(page, name);
  expect(problems).toEqual([]);
  await page.context().close();
});

test("views of the server", { timeout: 120_000 }, async () => {
  const repository = makeRepository();
  const server = await serve(repository);
  try {
    const page = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
    const problems = collectProblems(page);
    await page.goto(server.address.replace(/#.*/, "#/stacks"));
    await page.getByRole("heading", { level: 1 }).waitFor();
    await checkLooks(page, "signed-out");
    await page.goto("about:blank");
    await page.goto(server.address);
    await page.getByText("There is no cluster file yet.").waitFor();
    const go = (name: string) => page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
    await go("Organisation");
    await page.getByRole("button", { name: "Create the key" }).waitFor();
    await checkLooks(page, "organisation-new");
    await page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
    await page.getByLabel("Passphrase, once more").fill(passphrase);
    await page.getByRole("button", { name: "Create the key" }).click();
    await page.getByRole("heading", { name: "Key", exact: true }).waitFor();
    await checkLooks(page, "organisation");
    await go("Stacks");
    await createCluster(page, "production");
    await addItem(page, "manifest", "shop", "web");
    await typeText(page, "shop", "user: shop\npassword: hunter2\nendpoint:\n  host: db.internal\n  token: hunter3\n");
    await markKey(page, "password");
    await page.getByText("Encrypts 1 value").waitFor();
    await checkLooks(page, "stack-editor");
    await save(page);
    await go("Stacks");
    await page.getByRole("region", { name: "cluster.yaml" }).waitFor();
    await checkLooks(page, "stacks-of-cluster");
    await go("Clusters");
    await page.getByRole("switch", { name: "The cluster decrypts what it deploys" }).click();
    await page.getByText("Decryption is on in cluster.yaml. Commit it.").waitFor();
    await checkLooks(page, "cluster");
    await go("Organisation");
    await page.getByRole("button", { name: "Begin a rotation…" }).click();
    await page.getByRole("button", { name: "Make the new key" }).click();
    await page.getByRole("list", { name: "Files that name the old key" }).getByRole("listitem").first().waitFor();
    await checkLooks(page, "rotation");
    // Signing out leaves nothing of what was typed.
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  } finally {
    await server.stop();
    repository.remove();
  }
});
