/** Where the focus of the keyboard is. */
import type { Page } from "playwright-core";
import { expect } from "vitest";

/** The name of what has the focus, and whether one sees that it has it. */
export function focused(page: Page): Promise<{ name: string; isSeen: boolean }> {
  return page.evaluate(() => {
    let element: Element | null = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    if (element === null || element === document.body) return { name: "", isSeen: true };
    const label =
      element instanceof HTMLInputElement ||
      element instanceof HTMLTextAreaElement ||
      element instanceof HTMLSelectElement
        ? element.labels?.[0]?.textContent
        : undefined;
    const name = element.getAttribute("aria-label") ?? label ?? element.textContent ?? "";
    // The ring is around the element, or around what it stands for.
    const host = element.getRootNode() instanceof ShadowRoot ? (element.getRootNode() as ShadowRoot).host : element;
    const around = [element, host.closest(".editor"), host.closest(".file-button")];
    const isSeen = around.some((item) => item && getComputedStyle(item).outlineStyle !== "none");
    return { name: name.trim(), isSeen };
  });
}

/** Presses Tab until what has this name has the focus. Each stop on the way is seen. */
export async function tabTo(page: Page, name: string | RegExp, key = "Tab"): Promise<void> {
  const stops: string[] = [];
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press(key);
    const stop = await focused(page);
    expect(stop.isSeen, `the focus on ${stop.name} is seen`).toBe(true);
    stops.push(stop.name);
    if (typeof name === "string" ? stop.name === name : name.test(stop.name)) return;
  }
  throw new Error(`Tab does not come to ${name}: ${stops.join(", ")}`);
}
