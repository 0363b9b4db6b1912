/** Checks of how a page looks, and of what axe finds in it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds by the rules of WCAG 2.2, levels A and AA, and its own best practices: `rule: elements`. */
export async function findBarriers(page: Page): Promise<string[]> {
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
export function findMisplaced(page: Page): Promise<string[]> {
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
      const scroller = element.parentElement?.closest(".diff, .file-list, dialog");
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
