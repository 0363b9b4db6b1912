/** One session of the Stack Builder's editor, without a browser. */
import { generateIdentity } from "isosops";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Organisation } from "../src/api/organisation.js";
import { shownDiff } from "../src/engine/line-diff.js";
import { createEditSession, type EditSession } from "../src/stacks/edit-session.js";
import { stackOperations } from "../src/stacks/operations.js";
import { type StackSource, versionOf } from "../src/stacks/source.js";

const { identity, recipient } = await generateIdentity();
const shop = { clusterPath: "cluster.yaml", kind: "manifest", name: "shop", stack: "web" } as const;
const path = "manifests/shop.yaml";

let files: Map<string, string>;
let organisation: Organisation;
/** What is done while a save is on its way. */
let meanwhile: () => void;
let session: EditSession;

const source: StackSource = {
  kind: "folder",
  name: "repository",
  readOnlyReason: undefined,
  clusters: async () => [],
  async read(file) {
    const text = files.get(file);
    return text === undefined ? undefined : { text, version: await versionOf(new TextEncoder().encode(text)) };
  },
  async write(written) {
    meanwhile();
    const versions = new Map<string, string>();
    for (const { path: file, text } of written) {
      files.set(file, text);
      versions.set(file, await versionOf(new TextEncoder().encode(text)));
    }
    return { versions, warnings: [] };
  },
  organisation: async () => organisation,
  openWith: () => ({ kind: "identities", texts: [identity] }),
};

beforeEach(async () => {
  organisation = { recipient, previousRecipient: undefined, enabled: true };
  meanwhile = () => {};
  const cluster = await stackOperations.newClusterFile("one");
  files = new Map([
    [shop.clusterPath, await stackOperations.addStackItem(cluster, { ...shop, file: path }, shop.clusterPath)],
    [path, "user: shop\npassword: hunter2\ntoken: hunter3\n"],
  ]);
  session = createEditSession(source, shop, { ...stackOperations, diff: async (a, b) => shownDiff(a, b) });
  await session.load();
  session.addKey("password");
});
afterEach(() => stackOperations.forgetKeys());

test("what is typed and marked while a save is on its way is a change, and goes with the next save", async () => {
  meanwhile = () => {
    session.setText("user: shop2\npassword: hunter2\ntoken: hunter3\n");
    session.addKey("token");
  };
  await session.save();
  expect(session.isChanged()).toBe(true);
  expect(session.keys.value).toEqual(["password", "token"]);
  meanwhile = () => {};
  await session.save();
  expect(session.isChanged()).toBe(false);
  expect(files.get(path)).toContain("user: shop2\n");
  expect(files.get(path)).not.toMatch(/hunter[23]/);
});

test("encryption that was switched off meanwhile: nothing is written until somebody saves again", async () => {
  const before = new Map(files);
  organisation = { ...organisation, enabled: false };
  await expect(session.save()).rejects.toThrow("Encryption was switched off since the file was opened.");
  expect(files).toEqual(before);
  expect(session.state.value).toMatchObject({ base: { organisation: { enabled: false } } });
  expect(await session.save()).toMatchObject({ kind: "saved" });
  expect(files.get(path)).toContain("password: hunter2\n");
});
