import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collectProblems, launch } from "./browser.js";
import { type StaticHost, startStaticHost } from "./static-host.js";

let host: StaticHost;
let browser: Browser;
beforeAll(async () => {
  [host, browser] = await Promise.all([startStaticHost(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await host?.stop();
});

test("the pages open from a folder of a static host, and lead to each other", async () => {
  const page = await browser.newPage();
  const problems = collectProblems(page);
  await page.goto(host.address);
  await page.getByRole("heading", { level: 1, name: "Workbench" }).waitFor();
  expect(await page.title()).toBe("Workbench – isosops");
  // Without a server there are no settings of one.
  expect(await page.getByRole("navigation").getByRole("link").allTextContents()).toEqual(["Workbench", "Stacks"]);
  await page.getByRole("link", { name: "Stacks" }).click();
  await page.getByRole("heading", { level: 1, name: "Stacks" }).waitFor();
  expect(new URL(page.url()).hash).toBe("#/stacks");
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("MAIN");
  expect(problems).toEqual([]);
  await page.close();
});

test("the theme that is chosen stays after a reload", async () => {
  const page = await browser.newPage({ colorScheme: "light" });
  await page.goto(host.address);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByRole("button", { name: "Theme: as the system" }).click();
  await page.getByRole("button", { name: "Theme: light" }).click();
  const dark = await background();
  expect(dark).not.toBe(light);
  await page.reload();
  await page.getByRole("button", { name: "Theme: dark" }).waitFor();
  expect(await background()).toBe(dark);
  await page.close();
});
