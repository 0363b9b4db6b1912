/** The worked example of docs/gitops.md, from an empty folder to a confirmed rotation, in the pages: by clicks and keys alone. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { findHelmSecrets, findHelms } from "../../../test-vectors/helm.js";
import { findSops, readKey, runSops, sopsVersions } from "../../../test-vectors/tools.js";
import { collectProblems, launch } from "./browser.js";
import { makeRepository, type Repository, type Served, serve } from "./served.js";
import { addItem, closeMessages, createCluster, markKey, save, typeText } from "./stacks.js";

/** The files of the guide, by their names in it. */
const guide = readFileSync(new URL("../../../docs/gitops.md", import.meta.url), "utf8");
const files = new Map(
  [...guide.matchAll(/```yaml (\S+)\n(.*?)```/gs)].map(([, name, text]) => [name as string, text as string]),
);
const fileOf = (name: string): string => files.get(name) as string;

const binaries = findSops().filter(({ version }) => sopsVersions.includes(version));
const plugins = findHelmSecrets();
const helms = plugins === undefined ? [] : findHelms();
if (helms.length === 0) console.log("`helm template` is skipped: no helm with helm-secrets (test-vectors/install.js).");

/** Of the administrator: the keyring is encrypted for it, which opens without the seconds that a passphrase takes. */
const administrator = readKey("first");

let browser: Browser;
let repository: Repository;
let server: Served;
let page: Page;
let problems: string[];
beforeAll(async () => {
  browser = await launch();
  repository = makeRepository();
  repository.write("../config/sops/age/keys.txt", `${administrator.identity}\n`);
  server = await serve(repository);
  page = await (await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] })).newPage();
  problems = collectProblems(page);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  repository?.remove();
});

const keysOf = () => repository.isosops(["org", "export"]).match(/AGE-SECRET-KEY-\S+/g) as string[];

/** Every sops opens a file to what the guide has in plain text. */
async function expectOpens(path: string, identity: string): Promise<void> {
  expect(binaries.map(({ version }) => version)).toEqual(sopsVersions);
  for (const sops of binaries) {
    const flags = ["--decrypt", "--input-type", "yaml", "--output-type", "yaml"];
    const text = repository.read(path);
    const { output, message } = await runSops(sops, flags, { text, format: "yaml", identities: [identity] });
    expect({ version: sops.version, message }).toEqual({ version: sops.version, message: "" });
    expect(parse(output)).toEqual(parse(fileOf(path)));
  }
}

/** `helm template` with the encrypted values gives what it gives with the plain ones. */
function expectHelmReads(path: string, identity: string): void {
  const chart = mkdtempSync(join(tmpdir(), "isosops-chart-"));
  try {
    mkdirSync(join(chart, "templates"));
    writeFileSync(join(chart, "Chart.yaml"), "apiVersion: v2\nname: grafana\nversion: 0.1.0\n");
    writeFileSync(join(chart, "templates", "all.yaml"), "all: {{ .Values | toYaml | quote }}\n");
    writeFileSync(join(chart, "secret.yaml"), repository.read(path));
    writeFileSync(join(chart, "plain.yaml"), fileOf(path));
    for (const helm of helms) {
      for (const { path: sops } of binaries) {
        const env = {
          PATH: process.env.PATH,
          HOME: chart,
          HELM_PLUGINS: plugins,
          HELM_SECRETS_HELM_PATH: helm,
          HELM_SECRETS_SOPS_PATH: sops,
          SOPS_AGE_KEY: identity,
        };
        const template = (values: string) =>
          execFileSync(helm, ["template", "a", ".", "-f", values], { cwd: chart, env, encoding: "utf8" });
        expect(template("secrets://secret.yaml")).toBe(template("plain.yaml"));
      }
    }
  } finally {
    rmSync(chart, { recursive: true, force: true });
  }
}

const go = (name: string) => page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();

test("from an empty folder to a confirmed rotation", { timeout: 180_000 }, async () => {
  // A key.
  await page.goto(server.address);
  await page.getByText("There is no cluster file yet.").waitFor();
  expect(page.url()).not.toContain("link");
  await go("Organisation");
  await page.getByLabel("age keys of the people who manage it").check();
  await page.getByLabel("Public keys").fill(administrator.recipient);
  await page.getByRole("button", { name: "Create the key" }).click();
  await page.getByRole("heading", { name: "Key", exact: true }).waitFor();
  const [identity] = keysOf() as [string];
  const recipient = /age1\w+/.exec(repository.read(".isosops/organisation.yaml"))?.[0] as string;
  await page.getByRole("button", { name: "Copy the public key" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(recipient);
  await page.getByText("Keep a copy of").waitFor();
  await closeMessages(page);

  // A first secret.
  await go("Stacks");
  await createCluster(page, "production");
  for (const [kind, name, key] of [
    ["manifest", "shop", "password"],
    ["addon", "grafana", "adminPassword"],
  ] as const) {
    await addItem(page, kind, name, "web");
    await typeText(page, name, fileOf(kind === "manifest" ? "manifests/shop.yaml" : "values/grafana.yaml"));
    if (kind === "manifest") await markKey(page, key);
    else await page.getByRole("button", { name: `Mark ${key}, has the name of a secret` }).click();
    await save(page);
  }
  const marked = (await parse(fileOf("cluster.yaml"))) as {
    spec: { stacks: { manifests: object[]; addons: { configuration: object }[] }[] };
  };
  Object.assign(marked.spec.stacks[0]?.manifests[0] as object, { encrypted_paths: ["password"] });
  Object.assign(marked.spec.stacks[0]?.addons[0]?.configuration as object, { encrypted_paths: ["adminPassword"] });
  expect(parse(repository.read("cluster.yaml"))).toEqual(marked);
  for (const path of ["manifests/shop.yaml", "values/grafana.yaml"]) {
    expect(repository.read(path)).not.toMatch(/hunter/);
    await expectOpens(path, identity);
  }
  expectHelmReads("values/grafana.yaml", identity);
  expect(repository.isosops(["cluster", "lint"])).toContain("Nothing found");
  repository.git("add", ".");
  repository.git("commit", "--quiet", "--message", "Encrypt the shop's secrets");

  // A colleague's branch.
  repository.git("switch", "--quiet", "--create", "mail");
  repository.write("values/mail.yaml", fileOf("values/mail.yaml"));
  const flags = ["encrypt", "--organisation", "--encrypted-regex", "^password$", "--in-place", "values/mail.yaml"];
  repository.isosops(flags, { ISOSOPS_HOME: join(repository.folder, "../nobody") });
  repository.git("add", ".");
  repository.git("commit", "--quiet", "--message", "Add the values of mail");
  repository.git("switch", "--quiet", "main");

  // A cluster that decrypts.
  await go("Clusters");
  await page.getByText("Decryption is not said to be enabled for the cluster").waitFor();
  await page.getByRole("switch", { name: "The cluster decrypts what it deploys" }).click();
  await page.getByText("Decryption is on in cluster.yaml. Commit it.").waitFor();
  expect(parse(repository.read("cluster.yaml")).spec.sops).toEqual({ decryption: true });
  const manifests = await page.getByRole("region", { name: "Manifests for Argo CD" }).textContent();
  expect(parseAllDocuments(manifests as string).map((document) => document.toJS().kind)).toEqual([
    "ConfigMap",
    "Deployment",
    "ConfigMap",
  ]);
  await page.getByRole("tab", { name: "Flux" }).click();
  await page.getByText("isosops cluster flux").first().waitFor();
  repository.git("commit", "--all", "--quiet", "--message", "Let the cluster decrypt");
  await closeMessages(page);

  // A new key.
  await go("Organisation");
  await page.getByRole("button", { name: "Begin a rotation…" }).click();
  await page.getByRole("button", { name: "Make the new key" }).click();
  const old = page.getByRole("list", { name: "Files that name the old key" });
  await expect
    .poll(() => old.getByRole("listitem").allTextContents())
    .toEqual(["manifests/shop.yaml", "values/grafana.yaml"]);
  const confirm = page.getByRole("button", { name: "Confirm…" });
  await expect.poll(() => confirm.getAttribute("title")).toContain("still needed");
  await confirm.focus();
  await page.keyboard.press("Enter");
  expect(await page.getByRole("dialog").count()).toBe(0);
  await page.getByRole("button", { name: "Re-encrypt", exact: true }).click();
  await page.getByText("No file in the folder needs the old key.").waitFor();
  await page.getByText("Re-encrypted (2 of 2)").waitFor();
  repository.git("commit", "--all", "--quiet", "--message", "Encrypt for the new key");
  await page.getByRole("button", { name: "Look again" }).click();
  const blockers = page.getByRole("list", { name: "What still needs the old key" });
  await expect.poll(() => blockers.textContent()).toContain("values/mail.yaml");
  await page.getByRole("button", { name: "Copy the commands for what is on the branch mail" }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  expect(command).toContain("git switch mail");
  // What is said to be done there is done in a terminal.
  repository.write(
    "../bin/isosops",
    `#!/bin/sh\nexec "${process.execPath}" "${join(import.meta.dirname, "../../cli/bin/isosops.cjs")}" "$@"\n`,
  );
  execFileSync("chmod", ["+x", join(repository.folder, "../bin/isosops")]);
  const env = {
    ...repository.env,
    PATH: `${join(repository.folder, "../bin")}:${repository.env.PATH}`,
  };
  execFileSync("sh", ["-c", command], { cwd: repository.folder, env, stdio: "pipe" });
  await page.getByRole("button", { name: "Look again" }).click();
  await page.getByText("Nothing needs the old key any more").waitFor();
  await confirm.click();
  await page.getByRole("button", { name: "Destroy the old key" }).click();
  await page.getByRole("button", { name: "Begin a rotation…" }).waitFor();
  const [next] = keysOf() as [string];
  expect(next).not.toBe(identity);
  for (const path of ["manifests/shop.yaml", "values/grafana.yaml"]) await expectOpens(path, next);
  expectHelmReads("values/grafana.yaml", next);
  const { exit } = await runSops(binaries[0] as (typeof binaries)[0], ["--decrypt"], {
    text: repository.read("values/grafana.yaml"),
    format: "yaml",
    identities: [identity],
  });
  expect(exit).not.toBe(0);
  const history = page.getByRole("region", { name: "History" }).getByRole("row");
  const told = (await history.allTextContents()).join("\n");
  for (const word of ["Key created", "Rotation begun", "Rotation confirmed"]) expect(told).toContain(word);

  // Nothing of all that is in what the server has printed.
  for (const secret of ["hunter2", "hunter3", "AGE-SECRET-KEY", identity, administrator.identity])
    expect(server.output()).not.toContain(secret);
  expect(existsSync(join(repository.folder, ".git/index.lock"))).toBe(false);
  expect(problems).toEqual([]);
});
