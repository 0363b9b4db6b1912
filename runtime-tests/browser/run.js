/** Debian's Chromium, driven through playwright-core, with the bundled checks as a page's module. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { bundle } from "../bundle.js";
import { chromiumFlags, chromiumPath, inPackage } from "../find.js";
import { timeLimit } from "../process.js";
import { noFiles, runAlone } from "../report.js";

const driver = inPackage("playwright-core", "package.json");

/** @type {import("../report.js").Target[]} */
export const targets = [
  {
    name: "browser",
    missing() {
      if (driver === undefined) return "playwright-core is not installed: node runtime-tests/install.js";
      if (!existsSync(chromiumPath())) return "no Chromium: apt-get install chromium, or name one in CHROMIUM_BIN";
      return undefined;
    },
    run: runInChromium,
  },
];

async function runInChromium(job) {
  const { chromium } = createRequire(driver)("playwright-core");
  const { folder, files } = await bundle("page.js", "browser", ["browser"]);
  const server = createServer((request, response) => {
    const name = (request.url ?? "/").slice(1);
    if (files.includes(name)) response.setHeader("content-type", "text/javascript").end(readFileSync(folder + name));
    else if (name === "")
      response
        .setHeader("content-type", "text/html")
        .end('<!doctype html><script type="module" src="/main.js"></script>');
    else response.writeHead(404).end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath: chromiumPath(), headless: true, args: chromiumFlags });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(timeLimit);
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    if (errors.length > 0) throw new Error(`the page does not load: ${errors.join("; ")}`);
    const outcome = await page.evaluate((given) => globalThis.runChecks(given), job);
    return { ...outcome, ...(job === undefined ? noFiles : {}), version: `Chromium ${browser.version()}` };
  } finally {
    await browser.close();
    server.close();
  }
}

await runAlone(import.meta.url, targets);
