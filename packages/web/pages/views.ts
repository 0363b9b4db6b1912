/** Every view of the pages that somebody may come to see without a server, for the checks of looks and of accessibility. */
import type { Page } from "playwright-core";
import { readKey } from "../../../test-vectors/tools.js";
import { addIdentity, clickKey, nameRecipients, openFile } from "./workbench.js";

const { recipient, identity } = readKey("first");

/** A view, and the way to it from the first page. */
export interface View {
  readonly name: string;
  open(page: Page): Promise<void>;
}

const shop = `# The shop, and what it needs
image: registry.example.com/shop:1.4
replicas: 3
auth:
  user: shop
  password: hunter2
cache:
  host: cache.internal
  password: hunter3
hosts:
  - name: db-1.internal
    token: first-token
  - name: db-2.internal
    token: second-token
`;

export const views: readonly View[] = [
  {
    name: "workbench",
    open: async (page) => void (await page.getByRole("heading", { name: "Open a file" }).waitFor()),
  },
  {
    name: "workbench-identity",
    open: (page) => addIdentity(page, identity),
  },
  {
    name: "workbench-new-key",
    async open(page) {
      await page.getByRole("button", { name: "Make a new one" }).click();
      await page.getByRole("dialog").getByText("age1").waitFor();
    },
  },
  {
    name: "workbench-keep-key",
    async open(page) {
      await addIdentity(page, identity);
      await page.getByRole("button", { name: "Keep age1", exact: false }).click();
      await page.getByRole("dialog").waitFor();
      await page.getByRole("button", { name: "Use the passphrase" }).click();
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "workbench-marked",
    async open(page) {
      await openFile(page, "shop.yaml", shop);
      await clickKey(page, ["auth", "password"]);
      await clickKey(page, ["hosts", "token"]);
      await nameRecipients(page, recipient);
      await page.getByText("3 values are encrypted").waitFor();
    },
  },
  {
    name: "workbench-impossible",
    async open(page) {
      await openFile(
        page,
        "settings.json",
        '{\n  "password": "top",\n  "db": { "password": "hunter2", "host": "db.internal" },\n  "count": 7\n}\n',
      );
      await clickKey(page, ["db", "password"]);
      await page.getByText("none of its rules selects exactly these values").waitFor();
    },
  },
  {
    name: "workbench-wrong",
    async open(page) {
      await openFile(page, "shop.yaml", "image: shop\n  password: [hunter2\n");
      await page.locator(".cm-lint-marker-error").waitFor();
      await nameRecipients(page, "age1nonsense");
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "workbench-result",
    async open(page) {
      await seal(page);
      await page.getByRole("region", { name: "What changed in the file" }).waitFor();
    },
  },
  {
    name: "workbench-result-file",
    async open(page) {
      await seal(page);
      await page.getByRole("tab", { name: "Whole file" }).click();
      await page.getByRole("textbox", { name: "Encrypted file" }).waitFor();
    },
  },
  {
    name: "workbench-encrypted",
    async open(page) {
      const sealed = await seal(page);
      await openFile(page, "shop.yaml", sealed.replace(/^( {2}user: ).*/m, "$1in plain text"));
      await addIdentity(page, identity);
    },
  },
  {
    name: "workbench-decrypted",
    async open(page) {
      const sealed = await seal(page);
      await openFile(page, "shop.yaml", sealed);
      await addIdentity(page, identity);
      await page.getByRole("button", { name: "Decrypt", exact: true }).click();
      const hidden = page.getByRole("button", { name: "Hidden value: press to show it" });
      await hidden.nth(1).click();
    },
  },
  {
    name: "workbench-folder",
    async open(page) {
      await page.evaluate(async () => {
        const root = await navigator.storage.getDirectory();
        const folder = await root.getDirectoryHandle("clusters", { create: true });
        for (const name of ["production.yaml", "staging.yaml", "a-name-that-is-long-because-some-are.yaml"]) {
          await folder.getFileHandle(name, { create: true });
        }
        Object.assign(window, { showDirectoryPicker: async () => root });
      });
      await page.getByRole("button", { name: "Open a folder…" }).click();
      await page.getByRole("button", { name: "clusters/production.yaml" }).waitFor();
    },
  },
  {
    name: "stacks",
    async open(page) {
      await page.getByRole("link", { name: "Stacks" }).click();
      await page.getByRole("heading", { level: 1, name: "Stacks" }).waitFor();
    },
  },
];

/** Encrypts the shop, and reads the result. */
async function seal(page: Page): Promise<string> {
  await openFile(page, "shop.yaml", shop);
  await page.getByLabel("Everything, but").check();
  await nameRecipients(page, recipient);
  await page.getByText(/values are encrypted/).waitFor();
  await page.getByRole("button", { name: "Encrypt", exact: true }).click();
  await page.getByText(/^Encrypted: /).waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download", exact: true }).click();
  const stream = await (await download).createReadStream();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
