/** What the worker does for the Stack Builder, without a browser. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { generateIdentity } from "isosops";
import { ageSource } from "isosops/age";
import { afterEach, describe, expect, test } from "vitest";
import type { Organisation } from "../src/api/organisation.js";
import type { ClusterSnapshot } from "../src/stacks/cluster-snapshot.js";
import type { OpenWith } from "../src/stacks/open-with.js";
import { type PlannedSave, stackOperations } from "../src/stacks/operations.js";

const { addStackItem, forgetKeys, lookUpKeys, newClusterFile, openStackItem, outlineCluster, planSave } =
  stackOperations;
const { identity, recipient } = await generateIdentity();
const organisation: Organisation = { recipient, previousRecipient: undefined, enabled: true };
const shop = { kind: "manifest", name: "shop", stack: "web" } as const;
const secret = "kind: Secret\nstringData:\n  user: shop\n  password: hunter2\n";
const clusterPath = "clusters/one/cluster.yaml";

async function snapshot(): Promise<ClusterSnapshot> {
  const cluster = await addStackItem(
    await newClusterFile("one"),
    { ...shop, file: "../../manifests/shop.yaml" },
    clusterPath,
  );
  return { clusterPath, files: { [clusterPath]: cluster, "manifests/shop.yaml": secret } };
}

const after = ({ clusterPath, files }: ClusterSnapshot, { files: written }: PlannedSave): ClusterSnapshot => ({
  clusterPath,
  files: { ...files, ...Object.fromEntries(written.map(({ path, after: text }) => [path, text])) },
});

/** A server that unwraps data keys, as ours does. */
const servers: (() => void)[] = [];
afterEach(async () => {
  for (const stop of servers.splice(0)) stop();
  await forgetKeys();
});
async function serve(): Promise<{ openWith: OpenWith; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    bodies.push(body);
    if (request.headers["x-isosops-csrf"] !== "right") return void response.writeHead(403).end('{"detail":"no"}');
    const fields = new Map([["enc", JSON.parse(body).enc as string]]);
    const dataKey = await ageSource([identity]).unwrap({ type: "age", fields });
    response.end(JSON.stringify({ data_key: Buffer.from(dataKey as Uint8Array).toString("base64") }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  servers.push(
    () => void server.closeAllConnections(),
    () => void server.close(),
  );
  const { port } = server.address() as AddressInfo;
  return { openWith: { kind: "server", api: `http://127.0.0.1:${port}/api/v1`, csrf: "right" }, bodies };
}

test("a manifest is found by its path from the folder of the cluster file", async () => {
  const { files } = await snapshot();
  const outline = await outlineCluster(files[clusterPath] as string, clusterPath);
  expect(outline.stacks).toMatchObject([{ name: "web", items: [{ name: "shop", path: "manifests/shop.yaml" }] }]);
});

describe("a save", () => {
  test("is planned without a private key, and the plan shows what changes", async () => {
    const before = await snapshot();
    const plan = await planSave(before, { ...shop, text: secret, keys: ["password"] }, organisation, undefined);
    expect(plan.files.map(({ path }) => path)).toEqual(["manifests/shop.yaml", clusterPath]);
    const lines = plan.diff.hunks.flatMap((hunk) => hunk.lines);
    expect(lines.filter(({ kind }) => kind === "removed").map(({ text }) => text)).toEqual(["  password: hunter2"]);
    const cluster = plan.clusterDiff.hunks.flatMap((hunk) => hunk.lines).filter(({ kind }) => kind === "added");
    expect(cluster.map(({ text }) => text.trim())).toEqual(["encrypted_paths:", "- password"]);
  });

  test("of an encrypted file asks the server for its data key once, and for nothing else", async () => {
    const before = await snapshot();
    const plan = await planSave(before, { ...shop, text: secret, keys: ["password"] }, organisation, undefined);
    const encrypted = after(before, plan);
    const { openWith, bodies } = await serve();
    const opened = await openStackItem(encrypted, shop, openWith);
    expect(opened).toMatchObject({ isEncrypted: true, text: secret, marks: ["password"] });
    for (const value of ["hunter3", "hunter4"]) {
      const text = secret.replace("hunter2", value);
      const next = await planSave(encrypted, { ...shop, text, keys: ["password"] }, organisation, openWith);
      expect(next.files.map(({ path }) => path)).toEqual(["manifests/shop.yaml"]);
      expect((await openStackItem(after(encrypted, next), shop, openWith)).text).toBe(text);
    }
    expect(bodies).toHaveLength(1);
    expect(Object.keys(JSON.parse(bodies[0] as string))).toEqual(["enc"]);
  });

  test("with a private key that was typed", async () => {
    const before = await snapshot();
    const plan = await planSave(before, { ...shop, text: secret, keys: ["password"] }, organisation, undefined);
    const openWith = { kind: "identities", texts: [identity] } as const;
    expect((await openStackItem(after(before, plan), shop, openWith)).text).toBe(secret);
  });
});

describe("an encrypted file that does not open", () => {
  const encrypted = async () => {
    const before = await snapshot();
    return after(
      before,
      await planSave(before, { ...shop, text: secret, keys: ["password"] }, organisation, undefined),
    );
  };

  test("for want of anything to open it", async () => {
    expect(await openStackItem(await encrypted(), shop, undefined)).toMatchObject({
      text: undefined,
      isEncrypted: true,
    });
  });

  test("because the server says no, and later yes", async () => {
    const { openWith } = await serve();
    const wrong = { ...openWith, csrf: "wrong" } as OpenWith;
    const stored = await encrypted();
    const opened = await openStackItem(stored, shop, wrong);
    expect(opened).toMatchObject({ text: undefined, problem: expect.stringContaining("no") });
    expect((await openStackItem(stored, shop, openWith)).text).toBe(secret);
  });

  test("because the server has ended", async () => {
    const { openWith } = await serve();
    for (const stop of servers.splice(0)) stop();
    const opened = await openStackItem(await encrypted(), shop, openWith);
    expect(opened.problem).toContain("does not answer");
  });
});

test("what a key names is found in the text", async () => {
  const text = "a:\n  password: one\nb:\n  password: two\ntoken: three\n";
  const { matches, suggestions, known, places } = await lookUpKeys(text, "yaml", ["a.password", "pasword"]);
  expect(places.map(([from, to]) => text.slice(from, to))).toEqual(["one"]);
  expect(matches.map(({ key, near }) => [key, near])).toEqual([
    ["a.password", []],
    ["pasword", ["password"]],
  ]);
  expect(suggestions.map(({ key }) => key)).toEqual(["password", "token"]);
  expect(known).toContain("b.password");
  const one = await lookUpKeys("password: a\nx:\n  password: b\n", "yaml", ["password"]);
  expect(one.places).toHaveLength(2);
});
