/**
 * Every view in both themes and two widths: axe finds nothing, nothing is cut off or lies on something else. With `ISOSOPS_SCREENSHOTS`, the name of
 * a folder, pictures of all of them go there (`pnpm pages --screenshots FOLDER`).
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collectProblems, launch } from "./browser.js";
import { findBarriers, findMisplaced } from "./looks.js";
import { type StaticHost, startStaticHost } from "./static-host.js";
import { views } from "./views.js";

const pictures = process.env.ISOSOPS_SCREENSHOTS;
if (pictures !== undefined) mkdirSync(pictures, { recursive: true });

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
  for (const [size, width] of Object.entries({ wide: 1440, narrow: 390 })) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      // The editor measures itself once more.
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50))));
      if (pictures !== undefined) {
        await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${size}.png`), fullPage: true });
      }
      // The colours are the same in all widths.
      if (size === "wide" || colorScheme === "light") {
        expect(await findBarriers(page), `${colorScheme}, ${size}: axe`).toEqual([]);
      }
    }
    expect(await findMisplaced(page), `${size}: places`).toEqual([]);
  }
  expect(problems).toEqual([]);
  await page.context().close();
});
