import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collectProblems, launch } from "./browser.js";
import { built, type StaticHost, startStaticHost } from "./static-host.js";

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

test("the first page is there after less than 100 kB, and the editor and the engine are loaded when they are needed", async () => {
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  const files: string[] = [];
  page.on("response", (response) => {
    if (response.ok() && response.url().startsWith(host.address)) files.push(response.url().slice(host.address.length));
  });
  await page.goto(host.address, { waitUntil: "networkidle" });
  await page.getByRole("heading", { level: 1, name: "Workbench" }).waitFor();
  const sizes = files.map((name) => [
    name || "index.html",
    gzipSync(readFileSync(join(built, name || "index.html")), { level: 9 }).length,
  ]);
  const total = sizes.reduce((sum, [, size]) => sum + Number(size), 0);
  console.log(`First page: ${(total / 1000).toFixed(1)} kB gzipped, in ${files.length} files`);
  expect(total, JSON.stringify(sizes)).toBeLessThan(100_000);
  expect(files.some((name) => name.endsWith(".js"))).toBe(true);

  await page.getByRole("button", { name: "Type or paste text" }).click();
  await page.locator(".cm-content").waitFor();
  const later = files.slice(sizes.length);
  expect(later.length).toBeGreaterThan(0);
  expect(files.slice(0, sizes.length).filter((name) => later.includes(name))).toEqual([]);
  await context.close();
});
