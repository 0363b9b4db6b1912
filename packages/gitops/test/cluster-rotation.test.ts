/** Documents in Base64 show nobody for whom they are encrypted; a rotation must not lose them all the same. */
import { expect, test } from "vitest";
import { parse } from "yaml";
import { encrypt, generateIdentity } from "../../isosops/dist/index.js";
import {
  cancel,
  confirm,
  encryptItem,
  type Files,
  GitopsError,
  identities,
  type OrganisationOptions,
  reencrypt,
  rotate,
  status,
} from "../dist/index.js";
import { base64, chart, cluster, clusterPath, makeWorld, pull, repository, type World } from "./cluster-support.js";
import { expectSopsReads } from "./support.js";

/** Nothing is found but by its texts. */
function listing({ files, contents }: World): Files {
  return {
    ...files,
    async *list(paths, texts) {
      for (const [path, text] of contents) {
        if (paths.some((above) => path.startsWith(above)) && texts.some((one) => text.includes(one))) yield path;
      }
    },
  };
}

const failing = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof GitopsError ? error : undefined),
  );

/** Nothing is known of the files that were written. */
async function forget({ storage }: OrganisationOptions): Promise<void> {
  await storage.update((state) => ({ ...state!, known: [] }));
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const inline = [
  { kind: "manifest", name: "pull", keys: [".dockerconfigjson"] },
  { kind: "addon", name: "chart", keys: ["password", "apiKey"] },
] as const;

const decoded = (world: World): [string, string] => {
  const [stack] = parse(world.read("one/cluster.yaml")).spec.stacks;
  const texts = [stack.manifests[1].manifest_base64, stack.addons[1].configuration.values_base64];
  return texts.map((text) => Buffer.from(text, "base64").toString()) as [string, string];
};

test("a key is not destroyed while something in Base64 needs it, and re-encrypting finds it", async () => {
  const world = await makeWorld(repository);
  const files = listing(world);
  for (const item of inline) await encryptItem(world.organisation, world.files, clusterPath, item);
  const { recipient } = await rotate(world.organisation);
  const refused = {
    code: "in_use",
    files: [{ path: clusterPath, problem: expect.stringContaining("Base64") }],
  };
  // Known from before, whatever the paths, and else found at the paths.
  expect(await failing(confirm(world.organisation, files, []))).toMatchObject(refused);
  await forget(world.organisation);
  expect(await failing(confirm(world.organisation, files, ["/"]))).toMatchObject(refused);
  expect(await all(status(world.organisation, files, ["/"]))).toEqual([{ path: clusterPath, state: "previous" }]);
  // One of the two is for the new key already.
  await encryptItem(world.organisation, world.files, clusterPath, { kind: "addon", name: "chart", keys: ["username"] });
  expect(await all(status(world.organisation, files, ["/"]))).toEqual([{ path: clusterPath, state: "both" }]);
  expect((await failing(cancel(world.organisation, files, ["/"])))?.code).toBe("in_use");
  const before = world.read("one/cluster.yaml");
  expect(await reencrypt(world.organisation, files, ["/"])).toEqual({ done: 1, failed: [], lost: [] });
  const after = world.read("one/cluster.yaml").split("\n");
  expect(before.split("\n").filter((line, index) => line !== after[index])).toHaveLength(1);
  const info = await confirm(world.organisation, files, ["/"]);
  expect(info).toMatchObject({ recipient, previousRecipient: undefined });
  const [identity] = await identities(world.organisation);
  const [manifest, values] = decoded(world);
  await expectSopsReads(manifest, pull, identity!);
  await expectSopsReads(values, chart, identity!);
});

test("documents of others in Base64 are left alone", async () => {
  const stranger = await generateIdentity();
  const { text } = await encrypt(pull, { format: "yaml", recipients: [stranger.recipient] });
  const world = await makeWorld({ ...repository, "cluster.yaml": cluster.replace(base64(pull), base64(text)) });
  await encryptItem(world.organisation, world.files, clusterPath, inline[1]);
  await rotate(world.organisation);
  expect(await reencrypt(world.organisation, listing(world), ["/"])).toEqual({ done: 1, failed: [], lost: [] });
  expect(decoded(world)[0]).toBe(text);
});

test("a cluster file that cannot be read stands in the way", async () => {
  const world = await makeWorld(repository);
  for (const item of inline) await encryptItem(world.organisation, world.files, clusterPath, item);
  await rotate(world.organisation);
  world.contents.set(clusterPath, world.read("one/cluster.yaml").replace("stacks:", "stacks: ["));
  expect(await failing(confirm(world.organisation, listing(world), ["/"]))).toMatchObject({
    code: "in_use",
    files: [{ path: clusterPath, problem: expect.stringMatching(/cannot be read/) }],
  });
});
