/** Debian's Chromium, or the one that `CHROMIUM_BIN` names, driven through playwright-core. */
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { chromiumFlags, chromiumPath } from "../../../runtime-tests/find.js";

/** How Chromium is started. */
export function launchOptions(): { executablePath: string; headless: boolean; args: string[] } {
  const path = chromiumPath();
  if (!existsSync(path)) throw new Error("no Chromium: apt-get install chromium, or name one in CHROMIUM_BIN");
  return { executablePath: path, headless: true, args: chromiumFlags };
}

export async function launch(): Promise<Browser> {
  return chromium.launch(launchOptions());
}

/**
 * What must never come in a page: errors that nobody caught, what it writes to the console, and what its policy forbids (Chromium writes
 * that to the console).
 *
 * @returns the list, which grows
 */
export function collectProblems(page: Page): string[] {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // The question whether there is a server has no for an answer on a static host.
    if (message.text().includes("404") && message.location().url.endsWith("/api/v1/session")) return;
    // Chromium tells of every answer of the server that is no success. The page says what is to be said about it.
    if (message.text().startsWith("Failed to load resource") && message.location().url.includes("/api/v1/")) return;
    problems.push(`console: ${message.text()}`);
  });
  return problems;
}
