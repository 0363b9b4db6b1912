/** Checks of how a page looks, and of what axe finds in it. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const pictures = process.env.ISOSOPS_SCREENSHOTS;
if (pictures !== undefined) mkdirSync(pictures, { recursive: true });

/** Checks a view in both themes and two widths, and makes pictures of it if `ISOSOPS_SCREENSHOTS` names a folder. */
export async function checkLooks(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await closeMessages(page);
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
        expect(await findBarriers(page), `${name}, ${colorScheme}, ${size}: axe`).toEqual([]);
      }
    }
    expect(await findMisplaced(page), `${name}, ${size}: places`).toEqual([]);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

/** Messages of what was done stand in pictures for some seconds, and in those of the README for years. */
async function closeMessages(page: Page): Promise<void> {
  const close = page.locator(".notice-done").getByRole("button", { name: "Close this message" });
  for (let left = await close.count(); left > 0; left--) await close.first().click();
}

/** What axe finds by the rules of WCAG 2.2, levels A and AA, and its own best practices: `rule: elements`. */
async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { run } = (window as unknown as { axe: typeof import("axe-core") }).axe;
    const { violations } = await run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      resultTypes: ["violations"],
    });
    return violations.map(
      ({ id, impact, nodes }) =>
        `${id} (${impact}): ${nodes.map((node) => `${node.target.join(" ")} ${node.failureSummary ?? ""}`).join("; ")}`,
    );
  });
}

/** What is wider than the window, cut off, or lies on other text. */
function findMisplaced(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const tooWide = document.documentElement.scrollWidth - window.innerWidth;
    if (tooWide > 0) found.push(`the page is ${tooWide} pixels wider than the window`);
    const dialog = document.querySelector("dialog[open]");
    const boxes: { element: Element; text: string; box: DOMRect }[] = [];
    for (const element of document.querySelectorAll(
      "button, a, label, legend, h1, h2, h3, p, li, th, td, code, summary, input, select, textarea",
    )) {
      if (dialog !== null && !dialog.contains(element)) continue;
      const box = element.getBoundingClientRect();
      if (box.width === 0 || box.height === 0 || element.closest(".visually-hidden, .skip-link, .tree") !== null)
        continue;
      const text = (element.textContent ?? "").trim().slice(0, 40) || element.tagName;
      const style = getComputedStyle(element);
      if (style.overflowX === "hidden" && element.scrollWidth > element.clientWidth + 1) found.push(`cut off: ${text}`);
      // What scrolls within something has places outside of it.
      const scroller = element.parentElement?.closest(".diff, .folder-files, dialog");
      if (scroller === null || scroller === undefined) {
        if (box.right > window.innerWidth + 1 || box.left < -1) found.push(`beside the window: ${text}`);
        // A word within a line may begin on one line and end on the next.
        if (style.display !== "inline") boxes.push({ element, text, box });
      }
    }
    for (const [at, one] of boxes.entries()) {
      for (const other of boxes.slice(at + 1)) {
        if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
        const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
        // What floats above the page covers some of it.
        if (one.element.closest(".notices") !== null || other.element.closest(".notices") !== null) continue;
        if (width > 2 && height > 4) found.push(`${one.text} lies on ${other.text}`);
      }
    }
    return [...new Set(found)];
  });
}
