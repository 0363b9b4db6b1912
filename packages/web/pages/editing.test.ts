/** Files that are encrypted: opened with a key, edited, encrypted again, and saved in place; with the real sops as judge. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { findSops, readKey, runSops, sopsVersions } from "../../../test-vectors/tools.js";
import { collectProblems, launch } from "./browser.js";
import { type StaticHost, startStaticHost } from "./static-host.js";
import {
  addIdentity,
  clickKey,
  draftIsKept,
  encryptAndDownload,
  nameRecipients,
  openFile,
  readDownload,
  shownText,
  typeOver,
} from "./workbench.js";

const { recipient, identity } = readKey("first");
const binaries = findSops().filter(({ version }) => sopsVersions.includes(version));
const plain = "# shop\nuser: app # of the shop\n# rotate\npassword: hunter2\nport: 5432\n";

let host: StaticHost;
let browser: Browser;
let page: Page;
let problems: string[];
let sealed: string;

beforeAll(async () => {
  [host, browser] = await Promise.all([startStaticHost(), launch()]);
  const [sops] = binaries;
  if (sops === undefined) throw new Error("sops was not found: node test-vectors/install.js");
  const flags = ["--encrypt", "--age", recipient, "--encrypted-regex", "^(password)$"];
  const { output, message } = await runSops(sops, flags, { text: plain, format: "yaml" });
  expect(message).toBe("");
  sealed = output;
});
afterAll(async () => {
  await browser?.close();
  await host?.stop();
});
beforeEach(async () => {
  page = await (await browser.newContext()).newPage();
  problems = collectProblems(page);
  await page.goto(host.address);
  return async () => {
    expect(problems).toEqual([]);
    await page.context().close();
  };
});

/** What all versions of sops read, in the text of the first. They write comments at other places. */
async function decryptBySops(text: string): Promise<string> {
  const outputs: string[] = [];
  for (const sops of binaries) {
    const { exit, output, message } = await runSops(sops, ["--decrypt"], {
      text,
      format: "yaml",
      identities: [identity],
    });
    expect(`${exit} ${message}`).toBe("0 ");
    outputs.push(output);
  }
  const [first = ""] = outputs;
  for (const output of outputs) expect(parse(output)).toEqual(parse(first));
  return first;
}

describe("a file that sops encrypted", () => {
  test("is decrypted, hidden at first, edited in place, and encrypted with all other lines as they were", async () => {
    await openFile(page, "app.yaml", sealed);
    await page.getByText("Opened by any of these keys:").waitFor();
    await page.getByText(recipient).first().waitFor();
    await addIdentity(page, identity);
    await page.getByRole("button", { name: "Decrypt", exact: true }).click();
    await page.getByText("Decrypted in this tab").waitFor();
    const hidden = page.getByRole("button", { name: "Hidden value: press to show it" });
    await hidden.first().waitFor();
    // Not hidden by style alone: it is not there.
    expect(await page.evaluate(() => document.querySelector(".editor-host")?.shadowRoot?.textContent)).not.toContain(
      "hunter2",
    );
    expect(await shownText(page)).toContain("user: app");
    for (let left = await hidden.count(); left > 0; left--) await hidden.first().click();
    expect(await shownText(page)).toContain("password: hunter2");

    await typeOver(page, "hunter2", "correct horse");
    await page.getByRole("button", { name: "Encrypt changes" }).click();
    await page.getByText("Encrypted: 1 value.").waitFor();
    const changed = await readDownload(page, "Download");
    const before = sealed.split("\n");
    const different = changed.split("\n").filter((line, at) => line !== before[at]);
    expect(different.map((line) => line.trim().split(":")[0]).sort()).toEqual(["lastmodified", "mac", "password"]);
    expect(await decryptBySops(changed)).toBe((await decryptBySops(sealed)).replace("hunter2", "correct horse"));
  });

  test("gets another key encrypted, by a click in its tree", async () => {
    await openFile(page, "app.yaml", sealed);
    await addIdentity(page, identity);
    await page.getByRole("button", { name: "Decrypt", exact: true }).click();
    await page.getByText("Decrypted in this tab").waitFor();
    await clickKey(page, ["user"]);
    await page.getByRole("button", { name: "Encrypt changes" }).click();
    await page.getByText("Encrypted: 2 values.").waitFor();
    const changed = await readDownload(page, "Download");
    expect(changed).toMatch(/^user: ENC\[AES256_GCM,/m);
    expect(changed).toContain(/^password: .*$/m.exec(sealed)?.[0]);
    expect(await decryptBySops(changed)).toBe(await decryptBySops(sealed));
  });

  test("that was tampered with is marked where it can be seen, and is not opened", async () => {
    await openFile(page, "app.yaml", sealed.replace(/password: ENC.*/, "password: sneaked in"));
    await page.getByText("on line 4").waitFor();
    expect(await page.locator(".cm-lintRange-error").allTextContents()).toEqual(["sneaked in"]);
    await openFile(page, "app.yaml", sealed.replace("port: 5432", "port: 5433"));
    await addIdentity(page, identity);
    await page.getByRole("button", { name: "Decrypt", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "MAC" }).waitFor();
    expect(await page.getByText("Decrypted in this tab").isVisible()).toBe(false);
  });

  test("is not opened by another key, and the message says by which it is", async () => {
    await openFile(page, "app.yaml", sealed);
    await addIdentity(page, readKey("second").identity);
    await page.getByRole("button", { name: "Decrypt", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: recipient }).waitFor();
  });
});

describe("a folder", () => {
  test("gives files with the rules of its .sops.yaml, and takes them back in place", async () => {
    await page.evaluate(
      async ([config, text]) => {
        // The browser's own file system stands for a folder of the disk, which only a person can choose.
        const root = await navigator.storage.getDirectory();
        const write = async (folder: FileSystemDirectoryHandle, name: string, content: string) => {
          const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
          await stream.write(content);
          await stream.close();
        };
        await write(root, ".sops.yaml", config);
        await write(await root.getDirectoryHandle("secrets", { create: true }), "app.yaml", text);
        Object.assign(window, { showDirectoryPicker: async () => root });
      },
      [
        `creation_rules:\n  - path_regex: ^secrets/.*\\.yaml$\n    encrypted_regex: ^(password)$\n    age: ${recipient}\n`,
        plain,
      ] as const,
    );
    await page.getByRole("button", { name: "Open a folder…" }).click();
    await page.getByRole("button", { name: "secrets/app.yaml" }).click();
    await page.getByText("the rule on line 2").waitFor();
    await page.locator("code.rule").getByText("encrypted_regex: ^(password)$", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Encrypt", exact: true }).click();
    await page.getByRole("button", { name: "Save in place" }).click();
    await page.getByText("app.yaml was saved, encrypted.").waitFor();
    const readBack = () =>
      page.evaluate(async () => {
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("secrets");
        return (await (await folder.getFileHandle("app.yaml")).getFile()).text();
      });
    const written = await readBack();
    expect(written).toMatch(/^user: app # of the shop\n# rotate\npassword: ENC/m);
    expect(await decryptBySops(written)).toContain("password: hunter2");

    // Somebody else changes the file while it is edited here.
    await addIdentity(page, identity);
    await page.getByRole("button", { name: "Decrypt", exact: true }).click();
    await page.getByText("Decrypted in this tab").waitFor();
    await page.evaluate(async () => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("secrets");
      const stream = await (await folder.getFileHandle("app.yaml")).createWritable();
      await stream.write("changed: elsewhere\n");
      await stream.close();
    });
    await typeOver(page, "5432", "5433");
    await page.getByRole("button", { name: "Encrypt changes" }).click();
    await page.getByRole("button", { name: "Save in place" }).click();
    await page.getByRole("alert").filter({ hasText: "was changed by another program" }).waitFor();
    expect(await readBack()).toBe("changed: elsewhere\n");
    // Nothing is lost.
    await page.getByRole("tab", { name: "Text" }).click();
    expect(await shownText(page)).toContain("port: 5433");
  });

  test("a rule with keys of a service is not half used", async () => {
    await openFile(page, "app.yaml", plain);
    await page.getByLabel("Take them from .sops.yaml…").setInputFiles({
      name: ".sops.yaml",
      mimeType: "",
      buffer: Buffer.from(
        `creation_rules:\n  - age: ${recipient}\n    kms: arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555\n`,
      ),
    });
    await page.getByText("for which this page cannot encrypt").first().waitFor();
    expect(await page.getByRole("button", { name: "Encrypt", exact: true }).getAttribute("aria-disabled")).toBe("true");
  });
});

describe("nothing is lost", () => {
  test("typed text and marks come back after a reload, and not after they were saved", async () => {
    await page.getByRole("button", { name: "Type or paste text" }).click();
    await page.locator(".cm-content").click();
    await page.keyboard.insertText("user: app\npassword: hunter2\n");
    await clickKey(page, ["password"]);
    await nameRecipients(page, recipient);
    await draftIsKept(page);
    await page.reload();
    await page.getByText("Your text of secrets.yaml is back.").waitFor();
    await page.locator("code.rule").getByText("encrypted_regex: ^(password)$", { exact: true }).waitFor();
    const text = await encryptAndDownload(page);
    expect(await decryptBySops(text)).toBe("user: app\npassword: hunter2\n");
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Workbench" }).waitFor();
    await page.waitForTimeout(500);
    expect(await page.getByText("is back").count()).toBe(0);
  });

  test("two tabs have a text each, and that of a closed one comes back in a new one", async () => {
    const type = async (tab: Page, text: string) => {
      await tab.getByRole("button", { name: "Type or paste text" }).click();
      await tab.locator(".cm-content").click();
      await tab.keyboard.insertText(text);
      await draftIsKept(tab);
    };
    const typed = async (tab: Page) => {
      await tab.getByText("Your text of secrets.yaml is back.").waitFor();
      return (await shownText(tab)).trim();
    };
    await type(page, "first: one\n");
    const other = await page.context().newPage();
    const found = collectProblems(other);
    await other.goto(host.address);
    await type(other, "second: two\n");
    for (const [tab, text] of [
      [page, "first: one"],
      [other, "second: two"],
      [page, "first: one"],
    ] as const) {
      await tab.reload();
      expect(await typed(tab)).toBe(text);
    }
    await other.close();
    const third = await page.context().newPage();
    await third.goto(host.address);
    expect(await typed(third)).toBe("second: two");
    const fourth = await page.context().newPage();
    await fourth.goto(host.address);
    await fourth.getByRole("heading", { level: 1, name: "Workbench" }).waitFor();
    await fourth.waitForTimeout(500);
    expect(await fourth.getByText("is back").count()).toBe(0);
    expect(found).toEqual([]);
  });

  test("without locks, as a browser has none over plain HTTP from another machine, there are no drafts, and all else works", async () => {
    await page.addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined }));
    await page.reload();
    await page.getByRole("button", { name: "Type or paste text" }).click();
    await page.locator(".cm-content").click();
    await page.keyboard.insertText("user: app\npassword: hunter2\n");
    await clickKey(page, ["password"]);
    await nameRecipients(page, recipient);
    expect(await decryptBySops(await encryptAndDownload(page))).toBe("user: app\npassword: hunter2\n");
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Workbench" }).waitFor();
  });

  test("what was typed into a decrypted file waits until it is decrypted again", async () => {
    await openFile(page, "app.yaml", sealed);
    await addIdentity(page, identity);
    await page.getByRole("button", { name: "Decrypt", exact: true }).click();
    await typeOver(page, "5432", "5433");
    await draftIsKept(page);
    await page.reload();
    await page.getByText("Decrypt app.yaml to go on with what you typed.").waitFor();
    await addIdentity(page, identity);
    await page.getByRole("button", { name: "Decrypt", exact: true }).click();
    await page.getByText("5433").waitFor();
    await page.getByRole("button", { name: "Encrypt changes" }).click();
    const changed = await readDownload(page, "Download");
    expect(await decryptBySops(changed)).toContain("port: 5433\n");
  });

  test("a mark is undone by its button, and by Ctrl+Z outside of the text", async () => {
    await openFile(page, "app.yaml", plain);
    await clickKey(page, ["password"]);
    await clickKey(page, ["user"]);
    const marked = page.locator('[role=treeitem][aria-checked="true"]');
    await expect.poll(() => marked.count()).toBe(2);
    await page.getByRole("button", { name: "Undo marking user" }).click();
    await expect.poll(() => marked.count()).toBe(1);
    await page.getByRole("tree").press("Control+z");
    await expect.poll(() => marked.count()).toBe(0);
  });

  test("lines that end as in Windows stay so, also those that are typed", async () => {
    await openFile(page, "app.yaml", "user: app\r\npassword: hunter2\r\n");
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.insertText("port: 1\n");
    await clickKey(page, ["password"]);
    await nameRecipients(page, recipient);
    const text = await encryptAndDownload(page);
    expect(text).toMatch(/^user: app\r\npassword: ENC[^\n]*\r\nport: 1\r\n/);
    expect(text.replaceAll("\r\n", "")).not.toContain("\n");
  });
});

describe("identities", () => {
  test("a file with a passphrase asks for it, and one is kept in the browser with another", async () => {
    await addIdentity(page, identity);
    await page.getByRole("button", { name: `Keep ${recipient} in this browser` }).click();
    await page.getByLabel("Passphrase", { exact: true }).fill("a long enough passphrase");
    await page.getByLabel("Passphrase, once more").fill("a long enough passphrase");
    await page.getByRole("button", { name: "Use the passphrase" }).click();
    await page.getByText("is kept in this browser, encrypted").waitFor();
    await page.reload();
    await page.getByRole("button", { name: `Open ${recipient} with its passphrase` }).click();
    await page.getByLabel("Passphrase", { exact: true }).fill("wrong");
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await page.getByText("The passphrase does not open this").waitFor();
    await page.getByLabel("Passphrase", { exact: true }).fill("a long enough passphrase");
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await page.getByRole("button", { name: `Forget ${recipient}` }).waitFor();
  });

  test("a passkey keeps one", async () => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        ctap2Version: "ctap2_1",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        hasPrf: true,
      },
    });
    await page.reload();
    await addIdentity(page, identity);
    await page.getByRole("button", { name: `Keep ${recipient} in this browser` }).click();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByText("is kept in this browser, encrypted").waitFor();
    await page.reload();
    await page.getByRole("button", { name: `Open ${recipient} with its passkey` }).click();
    await page.getByRole("button", { name: `Forget ${recipient}` }).waitFor();
  });
});

describe("what changes while a file is encrypted", () => {
  const noResult = "There is no result yet. Encrypt the file first: the button is beside the text.";

  const isReady = () =>
    expect
      .poll(() => page.getByRole("button", { name: "Encrypt", exact: true }).getAttribute("aria-disabled"))
      .toBe(null);

  test("the result of a file is not that of the next one", async () => {
    // So many that the next one is open before they are encrypted.
    const many = Array.from({ length: 20_000 }, (_, index) => `key${index}: value${index}`).join("\n");
    await openFile(page, "one.yaml", `${many}\n`);
    await page.getByLabel("Everything, but").check();
    await page.getByText("20000 values are encrypted").waitFor();
    await nameRecipients(page, recipient);
    await isReady();
    await page.evaluate(() => {
      [...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Encrypt")?.click();
      const data = new DataTransfer();
      data.items.add(new File(["other: text\n"], "two.yaml"));
      document.querySelector(".workbench")?.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
    });
    await page.getByRole("heading", { level: 1, name: "two.yaml" }).waitFor();
    // The engine does one thing after the other: it is done with the first file.
    await page.getByRole("treeitem", { name: "other" }).waitFor();
    expect(await page.getByRole("tab", { name: "Text" }).getAttribute("aria-selected")).toBe("true");
    await page.getByRole("tab", { name: "Result" }).click();
    await page.getByText(noResult).waitFor();
  });

  test("nothing is encrypted for recipients that were named before", async () => {
    const other = readKey("second").recipient;
    await openFile(page, "one.yaml", plain);
    await clickKey(page, ["password"]);
    await nameRecipients(page, recipient);
    await isReady();
    await page.evaluate((typed) => {
      const field = document.querySelector("textarea");
      if (field === null) throw new Error("there is no field of recipients");
      field.value = typed;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      [...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Encrypt")?.click();
    }, other);
    await isReady();
    await page.getByRole("tab", { name: "Result" }).click();
    await page.getByText(noResult).waitFor();
    await page.getByRole("tab", { name: "Text" }).click();
    const text = await encryptAndDownload(page);
    expect(parse(text).sops.age.map((stanza: { recipient: string }) => stanza.recipient)).toEqual([other]);
  });
});
