/**
 * What was changed without a key is never given a MAC that fits: by no command and no route. Which changes are such is what the
 * real sops says of each file.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { decrypt, reselect, set, unset, updateRecipients } from "../../isosops/dist/index.js";
import {
  decryptItem,
  encryptItem,
  encryptKeys,
  encryptStack,
  type Files,
  httpHandler,
  identities,
  initialize,
  memoryStorage,
  type OrganisationOptions,
  reencrypt,
  rotate,
  unprotected,
} from "../dist/index.js";
import { makeWorld } from "./cluster-support.js";
import { expectSopsOpens, expectSopsRefuses } from "./support.js";
import { makeVictim, type TamperFormat, tamperFormats, unseen, type Victim, type Way, ways } from "./tampers.js";

const token = "0123456789abcdef0123456789abcdef";

interface Case {
  organisation: OrganisationOptions;
  victim: Victim;
  identity: string;
  keys: string[];
  recipient: string;
  previousRecipient: string;
}

/** A file for an organisation's key that is being rotated. */
async function makeCase(format: TamperFormat): Promise<Case> {
  const organisation = { storage: memoryStorage(), protector: unprotected, actor: "test" };
  const { recipient: previousRecipient } = await initialize(organisation);
  const [identity] = (await identities(organisation)) as [string];
  const victim = await makeVictim(format, previousRecipient, identity);
  const { recipient } = await rotate(organisation);
  return { organisation, victim, identity, keys: await identities(organisation), recipient, previousRecipient };
}

/** What becomes of a file: its text, and whether a person was told what is new in it. */
interface Written {
  text: string;
  told?: boolean;
}

type Operation = (text: string, own: Case, way: Way) => Promise<Written | undefined>;

const everywhere: Record<string, Operation> = {
  decrypt: async (text, { keys, victim: { format } }) => {
    await decrypt(text, { format, identities: keys });
    return { text };
  },
  "set of a new value": (text, { keys, victim: { format } }) =>
    set(text, { format, identities: keys, path: inFile(format, "fresh"), value: "new" }),
  "set of what is there": (text, { keys, victim: { format } }) =>
    set(text, { format, identities: keys, path: inFile(format, "user"), value: "evil" }),
  "set of an encrypted value": (text, { keys, victim: { format } }) =>
    set(text, { format, identities: keys, path: inFile(format, "token"), value: "new" }),
  "set of nothing new": (text, { keys, victim: { format } }) =>
    set(text, { format, identities: keys, path: inFile(format, "host"), value: "db", idempotent: true }),
  unset: (text, { keys, victim: { format } }) =>
    unset(text, { format, identities: keys, path: inFile(format, "note") }),
  "select more": (text, { keys, victim: { format } }) =>
    reselect(text, { format, identities: keys, select: ["user"], allowExtra: true }),
  "select less": (text, { keys, victim: { format } }) =>
    reselect(text, { format, identities: keys, deselect: ["token"], allowUnmatched: true, allowExtra: true }),
  "another reader": (text, { keys, recipient, victim: { format } }) =>
    updateRecipients(text, { format, identities: keys, add: [recipient] }),
  "another reader, and a new data key": (text, { keys, recipient, previousRecipient, victim: { format } }) =>
    updateRecipients(text, {
      format,
      identities: keys,
      add: [recipient],
      newDataKey: true,
      allowedRecipients: [previousRecipient],
    }),
  "org reencrypt": (text, own) => reencrypted(text, own, false),
  "org reencrypt --new-data-keys": (text, own) => reencrypted(text, own, true),
};

/** Of YAML and JSON. */
const clusters: Record<string, Operation> = {
  "cluster encrypt of one key": (text, own, { adds = "user" }) =>
    throughCluster(text, own, (files, path, organisation) =>
      encryptItem(organisation, files, path, { kind: "manifest", name: "victim", keys: [adds] }),
    ),
  "cluster encrypt --set": (text, own, { adds = "user" }) =>
    throughCluster(text, own, (files, path, organisation) =>
      encryptItem(organisation, files, path, {
        kind: "manifest",
        name: "victim",
        keys: [adds],
        set: [{ path: ["host"], value: "db" }],
      }),
    ),
  "cluster encrypt stack": (text, own, { adds = "user" }) =>
    throughCluster(text, own, (files, path, organisation) => encryptStack(organisation, files, path), [adds]),
  "cluster decrypt": (text, own) =>
    throughCluster(text, own, (files, path) =>
      decryptItem(files, path, { kind: "manifest", name: "victim", identities: async () => own.keys }),
    ),
  encryptKeys: async (text, { recipient, previousRecipient, keys, victim: { format } }, { adds = "user" }) => {
    const options = { recipient, previousRecipient, identities: async () => keys, keys: [adds] };
    return encryptKeys(text, { ...options, format: format as "yaml" | "json" });
  },
};

/** Of YAML; JSON is YAML as well. */
const routes: Record<string, Operation> = {
  "POST encrypt": async (text, { organisation }, { adds = "user" }) => {
    const value = await post(organisation, "encrypt", { yaml_content: text, encrypted_paths: [adds] });
    if (value === undefined) return undefined;
    const told = /added since it was last sealed/.test(String(value.warning)) && Array.isArray(value.warnings);
    return { text: String(value.encrypted_yaml), told };
  },
  "POST decrypt": async (text, { organisation }) => {
    const value = await post(organisation, "decrypt", { encrypted_yaml: text });
    return value === undefined ? undefined : { text };
  },
};

const operationsOf = (format: TamperFormat): [string, Operation][] =>
  Object.entries({ ...everywhere, ...(format === "yaml" || format === "json" ? { ...clusters, ...routes } : {}) });

function inFile(format: TamperFormat, key: string): string[] {
  return format === "ini" ? ["db", key] : [key];
}

async function reencrypted(
  text: string,
  { organisation, victim: { format } }: Case,
  newDataKeys: boolean,
): Promise<Written> {
  let content: Uint8Array = new TextEncoder().encode(text);
  const path = `victim.${format === "dotenv" ? "env" : format}`;
  const files: Files = {
    async *list() {
      yield path;
    },
    read: async () => content,
    async replace(_, __, next) {
      content = next;
      return true;
    },
  };
  await reencrypt(organisation, files, [path], { newDataKeys });
  return { text: new TextDecoder().decode(content) };
}

async function throughCluster(
  text: string,
  { organisation, victim: { format } }: Case,
  work: (
    files: Awaited<ReturnType<typeof makeWorld>>["files"],
    path: string,
    organisation: OrganisationOptions,
  ) => Promise<unknown>,
  marks: readonly string[] = [],
): Promise<Written> {
  const name = `manifests/victim.${format}`;
  const marked = marks.length === 0 ? "" : `\n      encrypted_paths: [${marks.join(", ")}]`;
  const cluster = `kind: ImportCluster\nspec:\n  stacks:\n  - name: web\n    manifests:\n    - name: victim\n      from_file: ${name}${marked}\n`;
  const world = await makeWorld({ "cluster.yaml": cluster, [name]: text });
  await work(world.files, "/clusters/one/cluster.yaml", organisation);
  return { text: world.read(`one/${name}`) };
}

async function post(
  organisation: OrganisationOptions,
  name: string,
  body: object,
): Promise<Record<string, unknown> | undefined> {
  const handle = httpHandler({
    organisation: async () => organisation,
    token,
    onError: (error) => expect.unreachable(String(error)),
  });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const response = await handle(new Request(`http://server/api/v1/org/sops/${name}`, init));
  return response.status === 200 ? ((await response.json()) as Record<string, unknown>) : undefined;
}

/** Whether what was given out passes for a file that nobody has changed. */
async function isBlessed({ text, told = false }: Written, { keys, victim: { format } }: Case): Promise<boolean> {
  try {
    await decrypt(text, { format, identities: keys });
  } catch {
    return false;
  }
  return !told;
}

test("there are sixty ways and more", () => {
  expect(new Set(ways.map(({ name }) => name)).size).toBe(ways.length);
  expect(ways.length).toBeGreaterThanOrEqual(60);
});

describe.each(tamperFormats)("%s", (format) => {
  let own: Case;
  beforeAll(async () => {
    own = await makeCase(format);
  });

  test("is a file that every sops, and every command, takes as it is", async () => {
    await expectSopsOpens(own.victim.text, own.identity, format);
    for (const [name, operation] of operationsOf(format)) {
      const written = await operation(own.victim.text, own, { name: "as it is", tamper: () => undefined });
      expect(await isBlessed(written!, own), name).toBe(true);
      for (const key of own.keys.slice(0, 1))
        if (/reencrypt|reader/.test(name)) await expectSopsOpens(written!.text, key, format);
    }
  });

  test("changed in any way, is refused by sops and blessed by no command", { timeout: 300_000 }, async () => {
    const blessed: string[] = [];
    for (const way of ways) {
      const text = way.tamper(own.victim);
      if (text === undefined) continue;
      expect(text, way.name).not.toBe(own.victim.text);
      await expectSopsRefuses(text, own.identity, format).catch((error) =>
        expect.unreachable(`${way.name}: ${error.message}`),
      );
      for (const [name, operation] of operationsOf(format)) {
        const written = await operation(text, own, way).catch(() => undefined);
        if (written !== undefined && (await isBlessed(written, own))) blessed.push(`${way.name}: ${name}`);
      }
    }
    expect(blessed).toEqual([]);
  });

  test.each(unseen)("what nobody sees: $name", async ({ tamper }) => {
    await expectSopsOpens(tamper(own.victim)!, own.identity, format);
  });
});
