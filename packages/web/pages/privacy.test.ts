/** What leaves the page, and what stays behind: nothing secret, in whatever way. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server, request as sendRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readKey } from "../../../test-vectors/tools.js";
import { launchOptions } from "./browser.js";
import { type StaticHost, startStaticHost } from "./static-host.js";
import {
  addIdentity,
  clickKey,
  closeFile,
  draftIsKept,
  encryptAndDownload,
  nameRecipients,
  openFile,
  readDownload,
  typeOver,
} from "./workbench.js";

const { recipient, identity } = readKey("first");
/** Words that are nowhere else. */
const plaintext = "hunter-two-of-the-test";
const edited = "hunter-three-of-the-test";
const passphrase = "a passphrase of the test";
const secrets = [plaintext, edited, passphrase, identity, identity.slice("AGE-SECRET-KEY-1".length, 50)];

/** A proxy that all requests of the browser go through, and that passes on those for one host alone. */
interface Recorder {
  readonly port: number;
  readonly server: Server;
  /** Method, address, headers and body of each request. */
  readonly requests: { readonly line: string; readonly host: string; readonly body: string; readonly all: string }[];
}

async function startRecorder(): Promise<Recorder> {
  const requests: Recorder["requests"] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://none");
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("latin1");
      const line = `${request.method} ${request.url}`;
      requests.push({ line, host: url.host, body, all: `${line}\n${request.rawHeaders.join("\n")}\n${body}` });
      if (url.hostname !== "localhost") return void response.writeHead(502).end();
      const forward = sendRequest(url, { method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      forward.on("error", () => response.writeHead(502).end());
      forward.end(Buffer.concat(chunks));
    });
  });
  server.on("connect", (request, socket) => {
    requests.push({ line: `CONNECT ${request.url}`, host: request.url ?? "", body: "", all: `CONNECT ${request.url}` });
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return { port: (server.address() as AddressInfo).port, server, requests };
}

let host: StaticHost;
let recorder: Recorder;
let context: BrowserContext;
let page: Page;
let profile: string;
const said: string[] = [];
/** What pages and workers asked for, as the browser tells it. */
const asked: string[] = [];
/** Chromium's own services, which it asks whatever page is open. */
const isOfChromium = (host: string) => /^(?:[\w-]+\.googleapis\.com|accounts\.google\.com)(?::443)?$/.test(host);

beforeAll(async () => {
  [host, recorder] = await Promise.all([startStaticHost(), startRecorder()]);
  profile = mkdtempSync(join(tmpdir(), "isosops-profile-"));
  context = await chromium.launchPersistentContext(profile, {
    ...launchOptions(),
    // Chromium goes past a proxy to its own machine unless it is told not to.
    proxy: { server: `http://127.0.0.1:${recorder.port}`, bypass: "<-loopback>" },
  });
  page = context.pages()[0] ?? (await context.newPage());
  context.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error.stack)));
  await page.goto(host.address);
});
afterAll(async () => {
  await context?.close();
  recorder?.server.closeAllConnections();
  recorder?.server.close();
  await host?.stop();
  if (profile !== undefined) rmSync(profile, { recursive: true, force: true });
});

const isSecret = (text: string) => secrets.filter((secret) => text.includes(secret));

test("a whole day's work is done", async () => {
  // Typed and encrypted.
  await page.getByRole("button", { name: "Type or paste text" }).click();
  await page.locator(".cm-content").click();
  await page.keyboard.insertText(`user: app\npassword: ${plaintext}\nport: 5432\n`);
  await clickKey(page, ["password"]);
  await nameRecipients(page, recipient);
  await draftIsKept(page);
  // A draft, and the page is reloaded on it.
  await page.reload();
  await page.getByText("Your text of secrets.yaml is back.").waitFor();
  const sealed = await encryptAndDownload(page);
  expect(isSecret(sealed)).toEqual([]);
  await closeFile(page);
  // Decrypted with a typed identity, shown, edited.
  await openFile(page, "app.yaml", sealed);
  await addIdentity(page, identity);
  await page.getByRole("button", { name: "Decrypt", exact: true }).click();
  await page.getByText("Decrypted in this tab").waitFor();
  await page.getByRole("button", { name: "Hidden value: press to show it" }).first().click();
  await typeOver(page, plaintext, edited);
  await draftIsKept(page);
  // What is wrong is said, with no secret in it.
  await page.keyboard.insertText("\n\t: [");
  await page.getByRole("button", { name: "Encrypt changes" }).click();
  await page.getByRole("alert").first().waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".work-editor .cm-content").click();
  await page.keyboard.press("Control+z");
  await page.getByRole("button", { name: "Encrypt changes" }).click();
  await page.getByText(/^Encrypted: /).waitFor();
  expect(isSecret(await readDownload(page, "Download"))).toEqual([]);
  await closeFile(page);
  // Kept with a passphrase.
  await page.getByRole("button", { name: `Keep ${recipient} in this browser` }).click();
  await page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
  await page.getByLabel("Passphrase, once more").fill(passphrase);
  await page.getByRole("button", { name: "Use the passphrase" }).click();
  await page.getByText("is kept in this browser, encrypted").waitFor();
  // A draft that stays until the end.
  await openFile(page, "other.yaml", "token: x\n");
  await page.locator(".work-editor .cm-content").click();
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText(`more: ${edited}\n`);
  await draftIsKept(page);
});

describe("then", () => {
  test("all requests went to the host of the pages, for its files, without a body and without a secret", () => {
    expect(recorder.requests.length).toBeGreaterThan(10);
    const { host: own, pathname } = new URL(host.address);
    expect(asked.filter((url) => !url.startsWith(host.address) && !url.startsWith(`blob:http://${own}/`))).toEqual([]);
    const ofPages = recorder.requests.filter((request) => !isOfChromium(request.host));
    expect([...new Set(ofPages.map((request) => request.host))]).toEqual([own]);
    expect(ofPages.filter(({ body }) => body !== "")).toEqual([]);
    const others = ofPages.filter(({ line }) => !line.startsWith(`GET http://${own}${pathname}`));
    // Chromium asks for this one of its own accord.
    expect(others.filter(({ line }) => !line.endsWith("/favicon.ico"))).toEqual([]);
    expect(recorder.requests.flatMap(({ all }) => isSecret(all))).toEqual([]);
    expect(ofPages.filter(({ line }) => line.includes("?"))).toEqual([]);
  });

  test("nothing secret is in the browser's storage, the addresses or the console", async () => {
    const stored = await page.evaluate(readStorage);
    // The dump works: it has what the page is known to store.
    expect(stored).toContain("drafts");
    expect(stored).toContain(recipient);
    expect(stored).toContain("service-worker");
    expect(isSecret(stored)).toEqual([]);
    expect(isSecret(page.url())).toEqual([]);
    expect(isSecret(said.join("\n"))).toEqual([]);
  });

  test("nothing secret is in the files of the browser's profile", async () => {
    await context.close();
    const files = readdirSync(profile, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(20);
    const found = files.filter((entry) => {
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      return secrets.some((secret) => bytes.includes(secret) || bytes.includes(Buffer.from(secret, "utf16le")));
    });
    expect(found.map(({ name }) => name)).toEqual([]);
  });
});

/** All that the pages' origin has stored, as text. Runs in the page. */
async function readStorage(): Promise<string> {
  const seen: string[] = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie];
  const show = (value: unknown): string => {
    if (value instanceof ArrayBuffer) return show(new Uint8Array(value));
    if (ArrayBuffer.isView(value)) return String.fromCharCode(...new Uint8Array(value.buffer));
    if (value instanceof CryptoKey) return `CryptoKey extractable=${value.extractable}`;
    if (value === null || typeof value !== "object") return String(value);
    return Object.entries(value)
      .map(([key, inner]) => `${key}=${show(inner)}`)
      .join("\n");
  };
  const finish = <Result>(request: IDBRequest<Result>) =>
    new Promise<Result>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  for (const { name } of await indexedDB.databases()) {
    if (name === undefined) continue;
    const database = await finish(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const entries = await finish(database.transaction(store).objectStore(store).getAll());
      seen.push(store, ...entries.map(show));
    }
    database.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys())
      seen.push(request.url, (await (await cache.match(request))?.text()) ?? "");
  }
  for (const registration of await navigator.serviceWorker.getRegistrations()) {
    seen.push(registration.active?.scriptURL ?? "");
  }
  return seen.join("\n");
}
