/** Without a network, and what the pages' policy forbids. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readKey } from "../../../test-vectors/tools.js";
import { collectProblems, launch } from "./browser.js";
import { type StaticHost, startStaticHost } from "./static-host.js";
import { addIdentity, clickKey, encryptAndDownload, nameRecipients, openFile, shownText } from "./workbench.js";

const { recipient, identity } = readKey("first");

let host: StaticHost;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  [host, browser] = await Promise.all([startStaticHost(), launch()]);
  page = await (await browser.newContext()).newPage();
  await page.goto(host.address);
});
afterAll(async () => {
  await browser?.close();
  await host?.stop();
});

test("the policy allows no code of others, no evaluated code, and no other host", async () => {
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content");
  expect(policy).toMatch(/^default-src 'none';/);
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  const outcome = await page.evaluate(async () => {
    const violations: string[] = [];
    document.addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));
    // What DevTools runs may evaluate code, a timer may not.
    setTimeout("window.wasRun = true");
    const script = document.createElement("script");
    script.textContent = "window.wasRun = true";
    document.body.append(script);
    const style = document.createElement("style");
    style.textContent = "body { color: red }";
    document.head.append(style);
    const image = document.createElement("img");
    image.src = "https://example.com/pixel.png";
    document.body.append(image);
    const fetched = await fetch("https://example.com/").then(
      () => "ran",
      () => "refused",
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const element of [script, style, image]) element.remove();
    return { fetched, wasRun: "wasRun" in window, violations: [...new Set(violations)].sort() };
  });
  expect(outcome).toEqual({
    fetched: "refused",
    wasRun: false,
    violations: ["connect-src", "img-src", "script-src", "script-src-elem", "style-src-elem"],
  });
});

test("after one visit, all of the workbench works without the host", async () => {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await host.stop();
  const offline = await page.context().newPage();
  const problems = collectProblems(offline);
  await offline.goto(host.address);
  for (const [name, text, key] of [
    ["app.yaml", "user: app\npassword: hunter2\n", "password"],
    ["app.json", '{"user": "app", "password": "hunter2"}\n', "password"],
    ["app.env", "USER=app\nPASSWORD=hunter2\n", "PASSWORD"],
    ["app.ini", "[db]\nuser = app\npassword = hunter2\n", "password"],
    ["app.toml", 'user = "app"\npassword = "hunter2"\n', "password"],
  ] as const) {
    await openFile(offline, name, text);
    await clickKey(offline, name === "app.ini" ? ["db", key] : [key]);
    await nameRecipients(offline, recipient);
    const sealed = await encryptAndDownload(offline);
    expect(sealed).not.toContain("hunter2");
    await openFile(offline, name, sealed);
    if (name === "app.yaml") await addIdentity(offline, identity);
    await offline.getByRole("button", { name: "Decrypt", exact: true }).click();
    await offline.getByText("Decrypted in this tab").waitFor();
    const hidden = offline.getByRole("button", { name: "Hidden value: press to show it" });
    await hidden.first().click();
    expect(await shownText(offline)).toContain("hunter2");
  }
  // The question for a server has no answer, and Chromium says so.
  expect(problems.filter((problem) => !problem.includes("ERR_CONNECTION_REFUSED"))).toEqual([]);
});
