import { describe, expect, test } from "vitest";
import { unwrapDataKey, wrapDataKey } from "./data-key.js";
import { SopsError } from "./errors.js";
import type { KeySource, KeyWrapper, MasterKey } from "./keysource.js";
import type { Metadata } from "./metadata.js";

const dataKey = Uint8Array.from({ length: 32 }, (_, index) => index);
const types = ["age", "azure_kv", "gcp_kms", "hc_vault", "hckms", "kms", "pgp"];

/** The field that names a key, by type. */
const idFields: Readonly<Record<string, string>> = {
  age: "recipient",
  azure_kv: "vault_url",
  gcp_kms: "resource_id",
  hc_vault: "vault_address",
  hckms: "key_id",
  kms: "arn",
  pgp: "fp",
};

/** In the order in which sops 3.13 writes the lists. */
const group: MasterKey[] = types.map((type) => ({
  type,
  fields: new Map([[idFields[type]!, `of ${type}`]]),
}));

function metadataOf(...keyGroups: MasterKey[][]): Metadata {
  return { keyGroups, shamirThreshold: undefined } as unknown as Metadata;
}

function sourceOf(type: string, unwrap: KeySource["unwrap"]): KeySource {
  return { type, unwrap, describe: () => `the source of ${type}` };
}

function fails(type: string, code: SopsError["code"], message: string): KeySource {
  return sourceOf(type, async () => {
    throw new SopsError(code, message);
  });
}

describe("the order in which the keys of a group are tried", () => {
  async function tried(decryptionOrder?: string[]): Promise<string[]> {
    const asked: string[] = [];
    const keySources = types.map((type) =>
      sourceOf(type, async (key) => {
        asked.push(key.type);
        return undefined;
      }),
    );
    await unwrapDataKey(metadataOf(group), { keySources, decryptionOrder }).catch(() => {});
    return asked;
  }

  // sops.go, `sortKeyGroupIndices` and `DefaultDecryptionOrder`; stores/stores.go, `internalGroupFrom`.
  test("age and pgp first, then the rest in the order of sops", async () => {
    expect(await tried()).toEqual(["age", "pgp", "kms", "gcp_kms", "hckms", "azure_kv", "hc_vault"]);
  });

  test("in the requested order, then the rest", async () => {
    const rest = ["gcp_kms", "hckms", "azure_kv", "pgp", "age"];
    expect(await tried(["kms", "hc_vault"])).toEqual(["kms", "hc_vault", ...rest]);
  });
});

describe("a data key that is not recovered", () => {
  const keySources = [
    fails("kms", "permission", "kms does not allow it"),
    sourceOf("age", async () => undefined),
    fails("gcp_kms", "network", "gcp cannot be reached\nat all"),
  ];

  test("lists the result for each key", async () => {
    const error = await unwrapDataKey(metadataOf(group.slice(0, 6)), { keySources }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "SopsError", code: "not_recovered" });
    expect((error as SopsError).message.split("\n")).toEqual([
      "No available key decrypts the file. Tried:",
      "  of age: not decrypted by the source of age.",
      "  azure_kv of azure_kv: keys of the type azure_kv are not supported here.",
      "  gcp_kms of gcp_kms: gcp cannot be reached",
      "    at all",
      "  hc_vault of hc_vault: keys of the type hc_vault are not supported here.",
      "  hckms of hckms: keys of the type hckms are not supported here.",
      "  kms of kms: kms does not allow it",
    ]);
    expect((error as { cause: AggregateError }).cause.errors).toHaveLength(2);
  });

  test("is the error of a single key", async () => {
    const alone = unwrapDataKey(metadataOf(group.slice(5, 6)), { keySources });
    await expect(alone).rejects.toMatchObject({ code: "permission", message: "kms does not allow it" });
  });

  test("of key groups, says which are opened", async () => {
    const opens = sourceOf("pgp", async () => new Uint8Array(33));
    const groups = metadataOf([group[6]!], [group[5]!]);
    await expect(unwrapDataKey(groups, { keySources: [opens, ...keySources] })).rejects.toMatchObject({
      code: "not_recovered",
      message: expect.stringMatching(
        /needs 2 of its 2 key groups, and 1 was decrypted.*\n {2}key group 1:\n.*\n.*2:\n {4}/,
      ),
    });
  });

  test("skips a group that does not open if the others suffice", async () => {
    const shares = await wrapDataKey(
      dataKey,
      [0, 1, 2].map((index) => [
        {
          type: "pgp",
          wrap: async (share) => [{ type: "pgp", fields: new Map([["enc", `${index} ${share.join()}`]]) }],
        },
      ]),
      2,
    );
    const source = sourceOf("pgp", async ({ fields }) => {
      const [index, share] = String(fields.get("enc")).split(" ");
      if (index === "0") throw new SopsError("data_key", "damaged");
      return Uint8Array.from(share!.split(","), Number);
    });
    const metadata = { keyGroups: shares, shamirThreshold: 2 } as unknown as Metadata;
    expect(await unwrapDataKey(metadata, { keySources: [source] })).toEqual(dataKey);
  });
});

test("a signal ends it, and no further key is tried", async () => {
  const controller = new AbortController();
  let asked = 0;
  const source = sourceOf("kms", async (_, options) => {
    asked++;
    controller.abort(new Error("enough"));
    options?.signal?.throwIfAborted();
    return undefined;
  });
  const keys = metadataOf([group[5]!, group[5]!]);
  await expect(unwrapDataKey(keys, { keySources: [source], signal: controller.signal })).rejects.toThrow("enough");
  expect(asked).toBe(1);
});

describe("encryption where a key fails", () => {
  const good: KeyWrapper = { type: "pgp", wrap: async () => [{ type: "pgp", fields: new Map() }] };
  const bad = (message: string): KeyWrapper => ({
    type: "kms",
    wrap: async () => {
      throw new SopsError("permission", message);
    },
  });

  test("fails with its error", async () => {
    await expect(wrapDataKey(dataKey, [[good, bad("key one")]])).rejects.toMatchObject({ message: "key one" });
  });

  test("lists all keys that fail", async () => {
    await expect(wrapDataKey(dataKey, [[bad("key one"), good, bad("key two")]])).rejects.toMatchObject({
      code: "permission",
      message: expect.stringMatching(/for 2 of the keys.*:\n {2}key one\n {2}key two$/),
    });
  });
});

describe("onRecovered", () => {
  test("gets the key of each group that was needed, once the data key is known", async () => {
    const events: string[] = [];
    const share = sourceOf("kms", async () => dataKey);
    const onRecovered = (keys: readonly MasterKey[]) => events.push(keys.map(({ type }) => type).join(" "));
    await unwrapDataKey(metadataOf(group), { keySources: [fails("age", "permission", "denied"), share], onRecovered });
    expect(events).toEqual(["kms"]);
  });

  test("is not called if no data key was recovered, or one of a wrong length", async () => {
    for (const source of [
      fails("kms", "permission", "denied"),
      sourceOf("kms", async () => undefined),
      sourceOf("kms", async () => dataKey.subarray(1)),
    ]) {
      let called = false;
      const onRecovered = () => {
        called = true;
      };
      await expect(unwrapDataKey(metadataOf(group), { keySources: [source], onRecovered })).rejects.toThrow(SopsError);
      expect(called).toBe(false);
    }
  });
});
