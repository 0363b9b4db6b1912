/** The Stack Builder over a folder of the computer, without any server: an empty folder of the browser's own stands for it. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { findSops, runSops, sopsVersions } from "../../../test-vectors/tools.js";
import {
  formatPublished,
  historyToPublish,
  identities,
  initialize,
  memoryStorage,
  publishedPath,
  unprotected,
} from "../../gitops/dist/index.js";
import { collectProblems, launch } from "./browser.js";
import {
  addItem,
  closeMessages,
  createCluster,
  editorOf,
  markKey,
  openItem,
  save,
  textOf,
  typeText,
} from "./stacks.js";
import { type StaticHost, startStaticHost } from "./static-host.js";
import { addIdentity } from "./workbench.js";

const binaries = findSops().filter(({ version }) => sopsVersions.includes(version));
const shop = `apiVersion: v1
kind: Secret
metadata:
  name: shop
stringData:
  username: shop # not secret
  password: hunter2
`;

let host: StaticHost;
let browser: Browser;
let page: Page;
let problems: string[];
let identity: string;
let published: string;

beforeAll(async () => {
  [host, browser] = await Promise.all([startStaticHost(), launch()]);
  const organisation = { storage: memoryStorage(), protector: unprotected, actor: "test" };
  await initialize(organisation);
  identity = (await identities(organisation))[0] as string;
  published = formatPublished(await historyToPublish(organisation));
});
afterAll(async () => {
  await browser?.close();
  await host?.stop();
});
beforeEach(async () => {
  page = await (await browser.newContext()).newPage();
  problems = collectProblems(page);
  await page.addInitScript(() => {
    const storage = navigator.storage;
    Object.assign(window, { showDirectoryPicker: () => storage.getDirectory() });
  });
  await page.goto(host.address);
  await write(publishedPath, published);
  await page.getByRole("link", { name: "Stacks" }).click();
  await page.getByRole("button", { name: "Open a folder…" }).click();
  return async () => {
    expect(problems).toEqual([]);
    expect(host.requests.filter((request) => !request.startsWith("GET "))).toEqual([]);
    await page.context().close();
  };
});

/** Another program changes a file. */
async function write(path: string, text: string): Promise<void> {
  await page.evaluate(
    async ([parts, content]) => {
      let folder = await navigator.storage.getDirectory();
      for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create: true });
      const file = await folder.getFileHandle(parts.at(-1) as string, { create: true });
      const stream = await file.createWritable();
      await stream.write(content);
      await stream.close();
    },
    [path.split("/"), text] as const,
  );
}

/** Undefined if there is no such file. */
async function read(path: string): Promise<string | undefined> {
  return page.evaluate(async (parts) => {
    let folder = await navigator.storage.getDirectory();
    try {
      for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part);
      const file = await folder.getFileHandle(parts.at(-1) as string);
      return await (await file.getFile()).text();
    } catch {
      return undefined;
    }
  }, path.split("/"));
}

/** What every sops makes of a file, as data. */
async function opened(text: string): Promise<unknown[]> {
  if (binaries.length < sopsVersions.length) throw new Error("sops was not found: node test-vectors/install.js");
  const all: unknown[] = [];
  for (const sops of binaries) {
    const flags = ["--decrypt", "--input-type", "yaml", "--output-type", "yaml"];
    const { output, message } = await runSops(sops, flags, { text, format: "yaml", identities: [identity] });
    expect({ version: sops.version, message }).toEqual({ version: sops.version, message: "" });
    all.push(parse(output));
  }
  return all;
}

/** From an empty folder to an encrypted manifest. */
async function makeShop(): Promise<void> {
  await createCluster(page, "production");
  await addItem(page, "manifest", "shop", "web");
  await typeText(page, "shop", shop);
  await markKey(page, "password");
  await save(page);
}

test("from an empty folder to a secret that sops opens, edited by its private key", async () => {
  await makeShop();
  const first = (await read("manifests/shop.yaml")) as string;
  expect(first).not.toContain("hunter2");
  expect(first.startsWith(shop.slice(0, shop.indexOf("hunter2")))).toBe(true);
  expect(await opened(first)).toEqual(binaries.map(() => parse(shop)));
  expect(parse((await read("cluster.yaml")) as string)).toEqual({
    kind: "ImportCluster",
    metadata: { name: "production" },
    spec: {
      stacks: [
        {
          name: "web",
          manifests: [{ name: "shop", from_file: "manifests/shop.yaml", encrypted_paths: ["password"] }],
        },
      ],
    },
  });

  // After a reload nothing is known of it but what is on disk, and nothing opens it.
  await page.reload();
  await page.getByRole("button", { name: "Open a folder…" }).click();
  await openItem(page, "shop");
  await page.getByText("The file is encrypted, and did not open.").waitFor();
  await expect.poll(() => textOf(page)).toContain("password: ENC[");
  await addIdentity(page, identity);
  await page.getByRole("button", { name: "Open it" }).click();
  await expect.poll(() => textOf(page)).toContain("password: hidden");
  await typeText(page, "shop", shop.replace("hunter2", "hunter3"));
  await save(page);
  const second = (await read("manifests/shop.yaml")) as string;
  expect(await opened(second)).toEqual(binaries.map(() => parse(shop.replace("hunter2", "hunter3"))));
});

test("keys: suggested, completed, near, and more than meant", async () => {
  await createCluster(page, "production");
  await addItem(page, "addon", "grafana", "web");
  const values = "db:\n  password: one\nmail:\n  password: two\n  apiKey: three\nadminUser: admin\n";
  await typeText(page, "grafana", values);
  await page.getByRole("button", { name: "Mark apiKey, has the name of a secret" }).click();
  await page.getByLabel("Add a key").fill("db.");
  await expect
    .poll(() =>
      page.locator(".add-key datalist option").evaluateAll((all) => all.map((one) => one.getAttribute("value"))),
    )
    .toEqual(["db.password"]);
  await page.getByLabel("Add a key").fill("Password");
  await page.getByRole("button", { name: "Mark", exact: true }).click();
  await page.getByText("There is no key Password. Did you mean password? The case counts.").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Nothing was encrypted.").waitFor();
  expect(await read("values/grafana.yaml")).toBe("{}\n");
  await closeMessages(page);
  await page.getByRole("button", { name: "Use password instead of Password" }).click();
  await page.getByText("Encrypts every password, 2 of them: db.password, mail.password.").waitFor();
  await page.getByRole("button", { name: "Only db.password instead of password" }).click();
  await page.getByRole("tab", { name: "Before and after" }).click();
  await page.getByRole("region", { name: "values/grafana.yaml, before and after" }).waitFor();
  await save(page);
  const stored = (await read("values/grafana.yaml")) as string;
  expect(stored).toContain("  password: two");
  for (const secret of ["one", "three"]) expect(stored).not.toContain(`: ${secret}`);
  expect((await opened(stored))[0]).toEqual(parse(values));
  // A step back, outside of the editor.
  await page.getByRole("button", { name: "Remove apiKey" }).click();
  await page.getByRole("button", { name: "Undo unmarking apiKey" }).click();
  await page.getByText("Not saved").waitFor({ state: "detached" });
});

test("what somebody else has changed is shown, and nothing is overwritten", async () => {
  await makeShop();
  const theirs = shop.replace("username: shop", "username: theirs");
  await write("manifests/shop.yaml", theirs);
  await addIdentity(page, identity);
  await typeText(page, "shop", shop.replace("hunter2", "mine"));
  await page.getByRole("button", { name: "Save" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Somebody else has changed this file").waitFor();
  expect(await dialog.getByRole("region", { name: "On disk, and your text" }).textContent()).toContain(
    "username: theirs",
  );
  expect(await read("manifests/shop.yaml")).toBe(theirs);
  await page.keyboard.press("Escape");
  expect(await textOf(page)).toContain("password: mine");
  await page.getByRole("button", { name: "Save" }).click();
  await dialog.getByRole("button", { name: "Keep my text" }).click();
  expect(await read("manifests/shop.yaml")).toBe(theirs);
  await save(page);
  expect(await opened((await read("manifests/shop.yaml")) as string)).toEqual(
    binaries.map(() => parse(shop.replace("hunter2", "mine"))),
  );
  // Another mark in the cluster file is no conflict: both are kept.
  const cluster = (await read("cluster.yaml")) as string;
  await write("cluster.yaml", `# theirs\n${cluster}`);
  await markKey(page, "username");
  await save(page);
  expect(await read("cluster.yaml")).toMatch(/^# theirs\n[\s\S]*- password\n +- username\n$/);
});

test("a disk that is full leaves both files as they were, and what was typed", async () => {
  await createCluster(page, "production");
  await addItem(page, "manifest", "shop", "web");
  const before = [await read("manifests/shop.yaml"), await read("cluster.yaml")];
  await typeText(page, "shop", shop);
  await markKey(page, "password");
  await page.evaluate(() => {
    const { createWritable } = FileSystemFileHandle.prototype;
    let count = 0;
    FileSystemFileHandle.prototype.createWritable = async function (...args) {
      // The second file of the save.
      if (++count === 2) throw new DOMException("There is no space left.", "QuotaExceededError");
      return createWritable.apply(this, args);
    };
  });
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("The files could not be written: There is no space left. Nothing was changed.").waitFor();
  expect([await read("manifests/shop.yaml"), await read("cluster.yaml")]).toEqual(before);
  expect(await textOf(page)).toContain("password: hunter2");
  await closeMessages(page);
  await save(page);
  expect(await read("manifests/shop.yaml")).not.toContain("hunter2");
});

test("what was typed survives a reload, and can be discarded", async () => {
  await createCluster(page, "production");
  await addItem(page, "manifest", "shop", "web");
  await typeText(page, "shop", shop);
  await markKey(page, "password");
  const stored = () =>
    page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const request = indexedDB.open("isosops");
          request.onsuccess = () => {
            const all = request.result.transaction("drafts").objectStore("drafts").count();
            all.onsuccess = () => {
              request.result.close();
              resolve(all.result);
            };
          };
        }),
    );
  await expect.poll(stored).toBe(1);
  await page.waitForTimeout(400);
  await page.reload();
  await page.getByRole("button", { name: "Open a folder…" }).click();
  await expect.poll(() => textOf(page)).toContain("hunter2");
  await page.getByRole("button", { name: "Remove password" }).waitFor();
  await page.getByRole("button", { name: "Discard it" }).click();
  await expect.poll(() => textOf(page)).toContain("stringData: {}");
  await expect.poll(stored).toBe(0);
  await editorOf(page, "shop").waitFor();
});
