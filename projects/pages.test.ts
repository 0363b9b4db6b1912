/** The recipes of the documentation for runtimes and browsers, from what stands on their pages. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { filesOf } from "../docs/blocks.js";
import { chromiumPath } from "../runtime-tests/find.js";
import { makeProject, missing } from "./harness.js";

const page = (name: string) => readFileSync(new URL(`../docs/${name}.md`, import.meta.url), "utf8");

describe.each(["deno", "bun"])("%s", (runtime) => {
  it.skipIf(missing(runtime))("decrypts a file", async () => {
    const project = makeProject({ ...filesOf(page(`recipes/${runtime}`)), "secret.yaml": "password: hunter2\n" });
    const { stdout } = await project.run("isosops", ["age", "keygen"]);
    const SOPS_AGE_KEY = /^AGE-SECRET-KEY-.*$/m.exec(stdout)![0];
    const recipient = /age1\w+/.exec(stdout)![0];
    await project.run("isosops", ["encrypt", "-i", "--age", recipient, "secret.yaml"]);
    const args = runtime === "deno" ? ["run", "--allow-read", "--allow-env", "app.ts"] : ["app.ts"];
    const outcome = await project.run(runtime, args, { env: { SOPS_AGE_KEY } });
    expect(outcome, outcome.stderr).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^\{\s*"?password"?: "hunter2",?\s*\}\n$/),
    });
  });
});

describe("a page in a browser", () => {
  it.skipIf(missing("vite"))("encrypts", async () => {
    const project = makeProject(filesOf(page("recipes/browser")));
    expect(await project.run("vite", ["build"])).toMatchObject({ exit: 0 });
    const server = project.start("vite", ["preview", "--port", "0", "--host", "127.0.0.1"]);
    const [address] = await server.printed(/http:\/\/127\.0\.0\.1:\d+/);
    const { chromium } = createRequire(new URL("../docs/package.json", import.meta.url))("playwright-core");
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox"] });
    try {
      const tab = await browser.newPage();
      await tab.goto(address);
      await tab.click("#encrypt");
      await tab.waitForFunction('document.querySelector("#result").textContent !== ""');
      expect(await tab.textContent("#result")).toMatch(/^user: shop\npassword: ENC\[AES256_GCM,.*\nsops:\n/);
    } finally {
      await browser.close();
      await server.stop();
    }
  });
});
