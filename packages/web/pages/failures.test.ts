/** What fails under somebody's hands, with the real server: nothing is lost, and the page says what to do. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { findSops, runSops, sopsVersions } from "../../../test-vectors/tools.js";
import { collectProblems, launch } from "./browser.js";
import { makeRepository, type Repository, type Served, serve } from "./served.js";
import { closeMessages, markKey, openItem, save, textOf, typeText } from "./stacks.js";

const shop =
  "apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop\nstringData:\n  username: shop\n  password: hunter2\n";
const cluster =
  "kind: ImportCluster\nmetadata:\n  name: production\nspec:\n  stacks:\n    - name: web\n      manifests:\n        - name: shop\n          from_file: manifests/shop.yaml\n";
const tokens = { viewer: "viewer-0123456789abcdef0123456789abcdef", editor: "editor-0123456789abcdef0123456789abcdef" };
const [sops] = findSops().filter(({ version }) => sopsVersions.includes(version));

let browser: Browser;
let repository: Repository;
let server: Served;
let args: string[];
let page: Page;
let problems: string[];
let env: Record<string, string>;

beforeAll(async () => {
  browser = await launch();
  repository = makeRepository();
  // The keys of the keyring are encrypted for a key that a file holds: that is opened at once.
  const identity = join(repository.folder, "../age.txt");
  repository.isosops(["age", "keygen", "-o", identity]);
  const own = repository.isosops(["age", "keygen", "-y", identity]).trim();
  repository.isosops(["org", "init", "--recipient", own], { SOPS_AGE_KEY_FILE: identity });
  args = Object.entries(tokens).flatMap(([role, token]) => {
    const file = join(repository.folder, `../${role}.txt`);
    writeFileSync(file, `${token}\n`);
    chmodSync(file, 0o600);
    return ["--token-file", `${role}=${file}`];
  });
  env = { SOPS_AGE_KEY_FILE: identity };
  server = await serve(repository, { args, env });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  repository?.remove();
});
beforeEach(async () => {
  repository.write("cluster.yaml", cluster);
  repository.write("manifests/shop.yaml", shop);
  page = await (await browser.newContext()).newPage();
  problems = collectProblems(page);
  return async () => {
    expect(problems).toEqual([]);
    await page.context().close();
  };
});

const origin = () => new URL(server.address).origin;

async function signIn(token: string): Promise<void> {
  await page.getByLabel("Link or token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
}

async function openShop(role: keyof typeof tokens): Promise<void> {
  await page.goto(`${origin()}/#/stacks`);
  await signIn(tokens[role]);
  await openItem(page, "shop");
}

async function plainOf(path: string): Promise<unknown> {
  const text = repository.read(path);
  const identities = repository.isosops(["org", "export"], env).match(/AGE-SECRET-KEY-\S+/g) as string[];
  if (sops === undefined) throw new Error("sops was not found: node test-vectors/install.js");
  const flags = ["--decrypt", "--input-type", "yaml", "--output-type", "yaml"];
  const { output, message } = await runSops(sops, flags, { text, format: "yaml", identities });
  expect(message).toBe("");
  return parse(output);
}

test("a wrong token, and a link that was used", async () => {
  await page.goto(`${origin()}/#/stacks`);
  await signIn("wrong-0123456789abcdef0123456789abcdef");
  await page.getByRole("alert").waitFor();
  await signIn(server.address);
  await page.getByRole("navigation", { name: "Stacks and their parts" }).waitFor();
  const other = await (await browser.newContext()).newPage();
  await other.goto(server.address);
  await other.getByRole("alert").waitFor();
  expect(other.url()).not.toContain("link=");
  await other.context().close();
});

test("a viewer looks at files as they are stored, and changes nothing", async () => {
  await openShop("editor");
  await markKey(page, "password");
  await save(page);
  const stored = repository.read("manifests/shop.yaml");
  await page.context().clearCookies();
  await page.reload();
  await signIn(tokens.viewer);
  await page.getByText("You have the role viewer").waitFor();
  await expect.poll(() => textOf(page)).toContain("password: ENC[");
  expect(await page.getByRole("button", { name: /^Save/ }).count()).toBe(0);
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Organisation" }).click();
  expect(await page.getByRole("button", { name: "Begin a rotation…" }).getAttribute("aria-disabled")).toBe("true");
  expect(repository.read("manifests/shop.yaml")).toBe(stored);
});

test("a server that ends while somebody types, and begins again", async () => {
  await openShop("editor");
  await typeText(page, "shop", shop.replace("hunter2", "hunter3"));
  await markKey(page, "password");
  await server.kill();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("The server does not answer.").waitFor();
  expect(repository.read("manifests/shop.yaml")).toBe(shop);
  expect(await textOf(page)).toContain("password: hunter3");
  await closeMessages(page);
  server = await serve(repository, { args, env, port: server.port });
  // It does not know anybody any more.
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("You are signed out. What you typed is still here").waitFor();
  await signIn(tokens.editor);
  await closeMessages(page);
  await save(page);
  expect(await plainOf("manifests/shop.yaml")).toEqual(parse(shop.replace("hunter2", "hunter3")));
  expect(repository.read("manifests/shop.yaml")).not.toContain("hunter");
});

test("a file that another program has changed meanwhile, and a folder that cannot be written", async () => {
  await openShop("editor");
  await typeText(page, "shop", shop.replace("hunter2", "mine"));
  await markKey(page, "password");
  const theirs = shop.replace("username: shop", "username: theirs");
  repository.write("manifests/shop.yaml", theirs);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("dialog").getByText("Somebody else has changed this file").waitFor();
  expect(repository.read("manifests/shop.yaml")).toBe(theirs);
  await page.getByRole("button", { name: "Take what is on disk" }).click();
  await expect.poll(() => textOf(page)).toContain("username: theirs");
  // The step back is that of the editor.
  await page.getByLabel("Text of shop").click();
  await page.keyboard.press("Control+Z");
  await expect.poll(() => textOf(page)).toContain("password: mine");
  if (process.getuid?.() === 0) console.log("A folder that cannot be written is left out: root writes everywhere.");
  else {
    chmodSync(join(repository.folder, "manifests"), 0o500);
    await page.getByRole("button", { name: /^Save/ }).click();
    await page.getByRole("alert").waitFor();
    chmodSync(join(repository.folder, "manifests"), 0o700);
    expect(repository.read("manifests/shop.yaml")).toBe(theirs);
    expect(await textOf(page)).toContain("password: mine");
  }
});

test("a private key that is gone", async () => {
  await openShop("editor");
  await markKey(page, "password");
  await save(page);
  // Encrypted for somebody else: the organisation's key does not open it.
  const text = repository.read("manifests/shop.yaml");
  const foreign = join(repository.folder, "../foreign.txt");
  repository.isosops(["age", "keygen", "-o", foreign]);
  const recipient = repository.isosops(["age", "keygen", "-y", foreign]).trim();
  repository.write("../plain.yaml", shop);
  const sealed = repository.isosops([
    "encrypt",
    "--age",
    recipient,
    "--encrypted-regex",
    "^password$",
    "../plain.yaml",
  ]);
  expect(sealed).toContain("ENC[");
  repository.write("manifests/shop.yaml", sealed);
  await page.reload();
  await page.getByText("encrypted for somebody else").first().waitFor();
  expect(await page.getByRole("button", { name: /^Save/ }).count()).toBe(0);
  expect(repository.read("manifests/shop.yaml")).toBe(sealed);
  expect(text).not.toBe(sealed);
});

test("a data key that the server has unwrapped is forgotten when somebody signs out", async () => {
  await openShop("editor");
  await markKey(page, "password");
  await save(page);
  let unwrapped = 0;
  page.context().on("request", (request) => {
    if (request.url().endsWith("/org/sops/unwrap")) unwrapped++;
  });
  const openAgain = async () => {
    await page.getByRole("link", { name: "Workbench" }).click();
    await page.getByRole("link", { name: "Stacks" }).click();
    await openItem(page, "shop");
    await page.locator(".item-text .cm-mask").waitFor();
  };
  await openAgain();
  await openAgain();
  expect(unwrapped).toBe(1);
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(tokens.editor);
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  await openAgain();
  expect(unwrapped).toBe(2);
});

test("while encryption is off, the page says that values go out in plain text", async () => {
  repository.isosops(["org", "disable"], env);
  try {
    await openShop("editor");
    await page.getByText("Encryption is switched off.").waitFor();
    await markKey(page, "password");
    await page.getByRole("button", { name: "Save in plain text" }).waitFor();
    await save(page);
    expect(repository.read("manifests/shop.yaml")).toBe(shop);
    expect(repository.read("cluster.yaml")).toContain("- password");
  } finally {
    repository.isosops(["org", "enable"], env);
  }
});
