/** The checks of `isosops doctor` without a file system: what stands in Base64 in a cluster file, and whom it is for. */
import { expect, test } from "vitest";
import { encrypt, generateIdentity } from "../../isosops/dist/index.js";
import {
  checkClusterKey,
  confirm,
  type DoctorContext,
  doctorRules,
  encryptStack,
  examineCluster,
  type Files,
  knownKeys,
  reencrypt,
  rotate,
} from "../dist/index.js";
import { base64, chart, cluster, clusterPath, makeWorld, repository, type World } from "./cluster-support.js";

const marked = cluster
  .replace("      - username\n", "      - password\n")
  .replace("- name: pull\n", "$&      encrypted_paths: [.dockerconfigjson]\n")
  .replace("encrypted_paths: []", "encrypted_paths: [auth.password, apiKey]");

async function examine({ organisation, files, contents }: World, held: DoctorContext["held"] = []) {
  const context = { keys: knownKeys((await organisation.storage.read())!), held, hasUntried: false };
  const examined = await examineCluster(files, clusterPath, context);
  for (const { rule, message, remedy, line, file } of examined.findings) {
    expect(Object.keys(doctorRules)).toContain(rule);
    expect(`${message}${remedy}`).not.toMatch(/plain-secret/);
    if (line !== undefined) expect(contents.get(file!)!.split("\n").length).toBeGreaterThanOrEqual(line);
  }
  return examined;
}

/** Findings that are not `ok`, with the line that they are about. */
function told({ contents }: World, { findings }: Awaited<ReturnType<typeof examine>>) {
  return findings
    .filter(({ level }) => level !== "ok")
    .map(({ file, line, ...finding }) => ({
      ...finding,
      text: line === undefined ? "" : contents.get(file!)!.split("\n")[line - 1]!.trim().slice(0, 20),
    }));
}

const lineOfBase64 = expect.stringMatching(/^values_base64:/);

async function sealedWorld(text = marked): Promise<World> {
  const world = await makeWorld({ ...repository, "cluster.yaml": text });
  await encryptStack(world.organisation, world.files, clusterPath);
  return world;
}

test("what stands in Base64 is looked at as files are", async () => {
  const world = await sealedWorld();
  const held = [{ identity: world.identity, recipient: world.recipient }];
  const well = await examine(world, held);
  // grafana.yaml is marked by nobody, and a cluster that is to decrypt says so.
  expect(told(world, well).map(({ rule, level }) => `${level} ${rule}`)).toEqual([
    "warning decryption",
    "note unlisted",
    "warning unlisted",
  ]);
  expect(well.examined.map(({ encrypted, opened }) => [encrypted, opened])).toEqual([
    [true, true],
    [true, true],
    [false, false],
    [true, true],
  ]);
  expect(checkClusterKey(well, well.examined)).toEqual([]);
  expect(checkClusterKey({ ...well, decryption: true }, well.examined)).toMatchObject([{ rule: "cluster-key" }]);

  const renamed = await makeWorld({
    ...repository,
    "cluster.yaml": marked.replace("[auth.password, apiKey]", "[credentials.apikey]"),
  });
  expect(told(renamed, await examine(renamed))).toContainEqual(
    expect.objectContaining({
      rule: "key-name",
      level: "error",
      message: expect.stringMatching(/chart.*credentials\.apiKey.*credentials\.apikey among/),
      text: lineOfBase64,
    }),
  );
});

test("what stands in Base64 for another key: another organisation's, the previous one, one that was destroyed", async () => {
  const stranger = await generateIdentity();
  const world = await makeWorld({ ...repository, "cluster.yaml": marked });
  const put = async (recipient: string) => {
    const select = ["auth.password", "credentials.apiKey"];
    const { text } = await encrypt(chart, { format: "yaml", recipients: [recipient], select });
    const lines = base64(text);
    world.contents.set(clusterPath, marked.replace(/(values_base64: )\|\n(?: {10}\S+\n)+/, `$1${lines}\n`));
  };
  const ofReaders = async () =>
    told(world, await examine(world)).filter(({ rule }) => /^(?:foreign|previous|destroyed)-key$/.test(rule));

  await put(stranger.recipient);
  const [foreign] = await ofReaders();
  expect(foreign).toMatchObject({ rule: "foreign-key", level: "error", text: lineOfBase64 });
  for (const key of [stranger.recipient, world.recipient]) expect(foreign!.message).toContain(key);

  await put(world.recipient);
  expect(await ofReaders()).toEqual([]);
  const before = world.contents.get(clusterPath)!;
  const { recipient } = await rotate(world.organisation);
  expect(await ofReaders()).toMatchObject([{ rule: "previous-key", level: "warning", text: lineOfBase64 }]);

  const all: Files = {
    ...world.files,
    async *list() {
      yield* [...world.contents.keys()];
    },
  };
  await reencrypt(world.organisation, all, []);
  expect(await ofReaders()).toEqual([]);
  await confirm(world.organisation, all, []);
  world.contents.set(clusterPath, before);
  const [destroyed] = await ofReaders();
  expect(destroyed).toMatchObject({ rule: "destroyed-key", level: "error", text: lineOfBase64 });
  for (const key of [world.recipient, recipient]) expect(destroyed!.message).toContain(key);
});
