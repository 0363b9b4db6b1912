/**
 * A key is kept while it opens anything, whatever that says of itself. That it does is what the real sops and age say of
 * each file.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encrypt as encryptAge, generateIdentity, identityToRecipient, parseIdentity } from "../../age/dist/index.js";
import { age, skipLive } from "../../age/test/real-age.js";
import { encrypt, updateRecipients } from "../../isosops/dist/index.js";
import {
  cancel,
  confirm,
  examine,
  type Files,
  identities,
  initialize,
  memoryStorage,
  type OrganisationOptions,
  reencrypt,
  rotate,
  unprotected,
} from "../dist/index.js";
import { oddFiles, secret } from "./odd-files.js";
import { expectSopsOpens } from "./support.js";

interface Repository {
  organisation: OrganisationOptions;
  contents: Map<string, Uint8Array>;
  files: Files;
}

/** Nothing is found but by the texts that are asked for. */
async function makeRepository(): Promise<Repository> {
  const organisation = { storage: memoryStorage(), protector: unprotected, actor: "test" };
  await initialize(organisation);
  const contents = new Map<string, Uint8Array>();
  const files: Files = {
    async *list(_, texts) {
      for (const [path, content] of contents) if (texts.some((text) => Buffer.from(content).includes(text))) yield path;
    },
    read: async (path) => contents.get(path),
    async replace(path, expected, content) {
      if (Buffer.compare(contents.get(path)!, expected) !== 0) return false;
      contents.set(path, content);
      return true;
    },
  };
  return { organisation, contents, files };
}

const bytesOf = (content: string | Uint8Array) => (typeof content === "string" ? Buffer.from(content) : content);
const { recipient: stranger } = await generateIdentity();

describe.each(oddFiles)("$name", ({ path, openedBy, isBroken, make }) => {
  test("is what the key opens", async () => {
    const { identity, recipient } = await generateIdentity();
    const content = bytesOf(await make(recipient, stranger));
    if (openedBy === "age") {
      if (skipLive) return;
      const folder = mkdtempSync(join(tmpdir(), "isosops-odd-"));
      try {
        writeFileSync(join(folder, "key"), identity);
        writeFileSync(join(folder, "file"), content);
        const opened = execFileSync(age, ["-d", "-i", join(folder, "key"), join(folder, "file")], { encoding: "utf8" });
        expect(opened).toBe("a secret\n");
      } finally {
        rmSync(folder, { recursive: true });
      }
    } else if (openedBy !== undefined) await expectSopsOpens(content, identity, openedBy);
  });

  test("keeps it: from confirm, from cancel", async () => {
    const { organisation, contents, files } = await makeRepository();
    const { recipient } = await rotate(organisation);
    contents.set(path, bytesOf(await make(recipient, stranger)));
    await expect(cancel(organisation, files, ["."])).rejects.toMatchObject({ code: "in_use", files: [{ path }] });
    contents.clear();
    await confirm(organisation, files, ["."]);
    contents.set(path, bytesOf(await make(recipient, stranger)));
    await rotate(organisation);
    const before = contents.get(path)!;
    await expect(confirm(organisation, files, ["."])).rejects.toMatchObject({ code: "in_use", files: [{ path }] });
    // Either the new key opens it by now, or it is as it was, and somebody is told.
    const { done, failed } = await reencrypt(organisation, files, ["."]);
    expect([done, failed.length].sort()).toEqual([0, 1]);
    if (failed.length > 0) expect(contents.get(path)).toBe(before);
    const ended = confirm(organisation, files, ["."]);
    if (failed.length > 0) await expect(ended).rejects.toMatchObject({ code: "in_use" });
    else await ended;
    const [identity] = await identities(organisation);
    if (failed.length === 0) await expectSopsOpens(contents.get(path)!, identity!, openedBy as "yaml");
  });

  test("is no matter to another key, if it is whole", async () => {
    const { recipient } = await generateIdentity();
    const other = await generateIdentity();
    const sought = [{ recipient: other.recipient, identity: parseIdentity(other.identity) }];
    const { kind } = await examine(path, bytesOf(await make(recipient, stranger)), sought);
    expect(kind).toBe(isBroken ? "unreadable" : "other");
  });
});

test("what is only spoken of is no matter", async () => {
  const { recipient, identity } = await generateIdentity();
  const sought = [{ recipient, identity: parseIdentity(identity) }];
  const texts = [
    `The key is ${recipient}, and files begin with age-encryption.org/v1.`,
    "-----BEGIN AGE ENCRYPTED FILE-----\n...\n-----END AGE ENCRYPTED FILE-----\n",
    'const label = "-----BEGIN AGE ENCRYPTED FILE-----";\nconst version = "age-encryption.org/v1\\n-> X25519";\n',
    "\\".repeat(100_000),
  ];
  for (const text of texts) expect(await examine("notes.md", Buffer.from(text), sought)).toEqual({ kind: "other" });
});

test("a key that opens a group by another data key does not count as one that opens it", async () => {
  const { organisation, contents, files } = await makeRepository();
  const { recipient: previous } = (await organisation.storage.read())!.current;
  const { recipient } = await rotate(organisation);
  const file = (secret: string, ...recipients: string[]) =>
    encrypt(`secret: ${secret}\n`, { format: "yaml", recipients });
  const both = await file("one", recipient, previous);
  contents.set("a.yaml", both.bytes);
  const enc = /enc: \|\n(?: {12}.*\n)+/g;
  const [ofNext] = both.text.match(enc)!;
  const [ofPrevious] = (await file("two", previous)).text.match(enc)!;
  const mixed = both.text.replace(enc, (one) => (one === ofNext ? one : ofPrevious!));
  expect(mixed).not.toBe(both.text);
  contents.set("a.yaml", Buffer.from(mixed));
  await expect(cancel(organisation, files, ["."])).rejects.toMatchObject({ code: "in_use" });
  contents.set("a.yaml", both.bytes);
  await cancel(organisation, files, ["."]);
});

test("each of two key groups that it takes counts", async () => {
  const { organisation, contents, files } = await makeRepository();
  const { current } = (await organisation.storage.read())!;
  const { recipient } = await rotate(organisation);
  const keyGroups = [[recipient], [current.recipient]];
  contents.set("a.yaml", (await encrypt("secret: value\n", { format: "yaml", keyGroups, shamirThreshold: 2 })).bytes);
  await expect(cancel(organisation, files, ["."])).rejects.toMatchObject({ code: "in_use" });
  await expect(confirm(organisation, files, ["."])).rejects.toMatchObject({ code: "in_use" });
});

test("a file that is gone when it is to be read keeps the key; one that is left out does not", async () => {
  const { organisation, contents, files } = await makeRepository();
  await rotate(organisation);
  const vanishing: Files = {
    ...files,
    async *list() {
      yield "a.yaml";
    },
  };
  await expect(confirm(organisation, vanishing, ["."])).rejects.toMatchObject({
    code: "in_use",
    files: [{ path: "a.yaml" }],
  });
  expect(contents.size).toBe(0);
  await confirm(organisation, vanishing, ["."], { except: ["a.yaml"] });
});

test("the old private key is asked for only where there is something to try it on", async () => {
  const { organisation, contents, files } = await makeRepository();
  await rotate(organisation);
  const old = (await organisation.storage.read())!.previous!.sealed;
  const open = async (sealed: string) => (sealed === old ? Promise.reject(new Error("asked for")) : sealed);
  const closed = { ...unprotected, open };
  contents.set("a.age", await encryptAge(secret, [stranger]));
  await expect(confirm({ ...organisation, protector: closed }, files, ["."])).rejects.toThrow("asked for");
  contents.delete("a.age");
  // The key that is kept has to open: nothing is destroyed where it does not.
  const none = { ...unprotected, open: () => Promise.reject(new Error("locked")) };
  await expect(confirm({ ...organisation, protector: none }, files, ["."])).rejects.toThrow("locked");
  expect((await organisation.storage.read())!.previous!.sealed).toBe(old);
  await confirm({ ...organisation, protector: closed }, files, ["."]);
});

test("a file in another spelling is re-encrypted for all its readers", async () => {
  const { organisation, contents, files } = await makeRepository();
  const { current } = (await organisation.storage.read())!;
  const other = await generateIdentity();
  const json = oddFiles.find(({ path }) => path === "b.json")!;
  const text = String(await json.make(current.recipient, stranger));
  const shared = await updateRecipients(text, {
    format: "json",
    identities: await identities(organisation),
    add: [other.recipient],
  });
  contents.set("b.json", Buffer.from(shared.text));
  await rotate(organisation);
  expect(await reencrypt(organisation, files, ["."])).toEqual({ done: 1, failed: [], lost: [] });
  await expectSopsOpens(contents.get("b.json")!, other.identity, "json");
});

describe("a configuration of sops", () => {
  const rules = (recipient: string) => `creation_rules:\n  - age: ${recipient}\n`;

  test("that is not UTF-8 is left as it is, and keeps the key", async () => {
    const { organisation, contents, files } = await makeRepository();
    const [identity] = await identities(organisation);
    const content = Buffer.from(`\ufeff${rules(await identityToRecipient(identity!))}`, "utf16le");
    contents.set(".sops.yaml", content);
    contents.set(
      "latin/.sops.yaml",
      Buffer.from(`# gr\xf6\xdfe\n${rules(await identityToRecipient(identity!))}`, "latin1"),
    );
    const before = [...contents.values()];
    await rotate(organisation);
    const { done, failed } = await reencrypt(organisation, files, ["."]);
    expect([done, failed.map(({ path }) => path)]).toEqual([0, [".sops.yaml", "latin/.sops.yaml"]]);
    expect([...contents.values()]).toEqual(before);
    await expect(confirm(organisation, files, ["."])).rejects.toMatchObject({ code: "in_use" });
  });

  test("counts under every name that `sops --config` may be given", async () => {
    const { organisation, contents, files } = await makeRepository();
    const [identity] = await identities(organisation);
    contents.set("sops-production.yml", Buffer.from(rules(await identityToRecipient(identity!))));
    const { recipient } = await rotate(organisation);
    await expect(confirm(organisation, files, ["."])).rejects.toMatchObject({ code: "in_use" });
    expect(await reencrypt(organisation, files, ["."])).toEqual({ done: 1, failed: [], lost: [] });
    expect(new TextDecoder().decode(contents.get("sops-production.yml"))).toBe(rules(recipient));
    await confirm(organisation, files, ["."]);
  });
});
