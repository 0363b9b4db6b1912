/**
 * Looks at the built site, `.vitepress/dist`: `node check.js` exits with 1 if a link leads nowhere, or if a page has an
 * error or is wider than its window in Chromium, wide and narrow, light and dark. `--pictures FOLDER` keeps screenshots.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parse } from "node-html-parser";
import { chromium } from "playwright-core";
import { chromiumPath } from "../runtime-tests/find.js";

const site = fileURLToPath(new URL(".vitepress/dist", import.meta.url));
const { values } = parseArgs({ options: { pictures: { type: "string" } } });
const pages = readdirSync(site, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".html") && path !== "404.html")
  .map((path) => path.replaceAll("\\", "/"))
  .toSorted();
const problems = [...brokenLinks(), ...(await looks())];
for (const problem of problems) console.log(problem);
console.log(`${pages.length} pages, ${problems.length} problems`);
if (problems.length > 0) process.exitCode = 1;

/** The file of the site for the path of a URL. */
function fileOf(path) {
  for (const end of ["", ".html", "/index.html"]) {
    const file = join(site, decodeURIComponent(path).replace(/\/$/, "") + end);
    if (existsSync(file) && statSync(file).isFile()) return file;
  }
  return undefined;
}

function brokenLinks() {
  const roots = new Map();
  const rootOf = (file) => {
    if (!roots.has(file)) roots.set(file, parse(readFileSync(file, "utf8")));
    return roots.get(file);
  };
  const broken = [];
  for (const page of pages) {
    const address = new URL(page, "http://site/");
    for (const link of rootOf(join(site, page)).querySelectorAll("a[href], link[href], script[src], img[src]")) {
      const href = link.getAttribute("href") ?? link.getAttribute("src");
      if (!URL.canParse(href, address)) {
        broken.push(`${page}: ${href} is no URL`);
        continue;
      }
      const target = new URL(href, address);
      if (target.host !== "site") continue;
      const file = fileOf(target.pathname);
      const anchor = decodeURIComponent(target.hash.slice(1));
      if (file === undefined) broken.push(`${page}: ${href} leads nowhere`);
      else if (anchor !== "" && extname(file) === ".html" && rootOf(file).getElementById(anchor) === null) {
        broken.push(`${page}: ${href}: the page has no such heading`);
      }
    }
  }
  return broken;
}

async function looks() {
  const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
  const server = createServer((request, response) => {
    const file = fileOf(new URL(request.url, "http://site/").pathname);
    if (file === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox"] });
  const found = [];
  try {
    for (const [view, width] of Object.entries({ wide: 1440, narrow: 375 })) {
      for (const colorScheme of ["light", "dark"]) {
        const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
        const tab = await context.newPage();
        let address = "";
        tab.on("pageerror", (error) => found.push(`${address}: ${error.message}`));
        tab.on("console", (message) => {
          if (message.type() === "error") found.push(`${address}: ${message.text()}`);
        });
        tab.on("request", (request) => {
          if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) {
            found.push(`${address}: asks ${request.url()}`);
          }
        });
        for (const page of pages) {
          // The pages of the API are made by one template.
          if (page.startsWith("api/") && page !== "api/isosops.html") continue;
          address = `${page} (${view}, ${colorScheme})`;
          await tab.goto(`${origin}/${page}`, { waitUntil: "load" });
          const wide = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          if (wide > 0) found.push(`${address}: ${wide} pixels wider than the window`);
          if (values.pictures !== undefined) {
            mkdirSync(values.pictures, { recursive: true });
            const name = `${page.replaceAll("/", "-").replace(".html", "")}-${view}-${colorScheme}.png`;
            await tab.screenshot({ path: join(values.pictures, name), fullPage: !page.startsWith("api/") });
          }
        }
        await context.close();
      }
    }
  } finally {
    await browser.close();
    server.close();
  }
  return found;
}
