/**
 * What sops wrote, written again: given the data key, the IVs and the time of a file by sops, layout `sops` gives its bytes.
 * Only the wrapped data keys differ, since age draws random numbers of its own.
 */
import { afterEach, expect, test, vi } from "vitest";
import { parseEncryptedValue } from "../packages/core/dist/cipher/value.js";
import { unwrapDataKey } from "../packages/core/dist/data-key.js";
import { compileRule, readMetadata, walk } from "../packages/core/dist/index.js";
import { storeByName } from "../packages/formats/dist/index.js";
import { ageSource } from "../packages/isosops/dist/age.js";
import { encrypt } from "../packages/isosops/dist/index.js";
import { endings, readKey, sopsVersions } from "./tools.js";
import { listCases, plainBytes, readCase, readIfThere, readPlain } from "./vectors.js";

const current = sopsVersions[0]!;

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** The data key of a file, and its IVs in the order in which they were drawn: values as they are walked, then the MAC. */
async function drawn(text: string, format: string): Promise<{ dataKey: Uint8Array; ivs: Uint8Array[]; time: string }> {
  const store = storeByName(format);
  const { branches, metadata: block } = store.parse(text);
  const metadata = readMetadata(block!, store.singleValue !== true);
  const ivs: Uint8Array[] = [];
  const note = (value: { text: string | Uint8Array }) => {
    if (value.text !== "") ivs.push(parseEncryptedValue(value.text as string).iv);
  };
  walk(branches, await compileRule(metadata.rule), {
    leaf: (value, encrypted) => (encrypted ? note(value) : undefined) as undefined,
    comment: (value, encrypted) => void (encrypted && note(value)),
  });
  ivs.push(parseEncryptedValue(metadata.mac).iv);
  const dataKey = await unwrapDataKey(metadata, [ageSource([readKey("first").identity])]);
  return { dataKey, ivs, time: metadata.lastModified };
}

/** Let the generator draw what sops drew: a data key first, and IVs wherever many are drawn at once. */
function replay({ dataKey, ivs }: { dataKey: Uint8Array; ivs: Uint8Array[] }): void {
  const real = globalThis.crypto.getRandomValues.bind(globalThis.crypto);
  const left = Buffer.concat(ivs);
  let hasKey = false;
  let used = 0;
  vi.spyOn(globalThis.crypto, "getRandomValues").mockImplementation((array) => {
    const bytes = real(array as unknown as Uint8Array);
    if (!hasKey) bytes.set(dataKey);
    else if (bytes.length >= 256) {
      bytes.set(left.subarray(used, used + bytes.length));
      used += bytes.length;
    }
    hasKey = true;
    return array;
  });
}

/** The armored data keys, in all the ways the formats write line breaks. */
function withoutWrappedKeys(text: string): string {
  return text.replace(/-----BEGIN AGE ENCRYPTED FILE-----[\s\S]*?-----END AGE ENCRYPTED FILE-----/g, "(wrapped)");
}

/** Where our tree has a comment that sops drops as it reads, an IV is drawn for it, and the MAC gets the next one. */
const ownMacIv = new Set(["ini-empty-values"]);

function withoutMac(text: string): string {
  return text.replace(/^(mac\s*= )ENC\[.*\]$/m, "$1(mac)");
}

for (const name of listCases("good")) {
  const description = readCase("good", name);
  const { format, options, recipients } = description as {
    format: keyof typeof endings;
    options: object;
    recipients: string[];
  };
  const written = readIfThere("good", name, `encrypted-${current}.${endings[format]}`);
  if (written === undefined) continue;
  test(name, async () => {
    const known = await drawn(written, format);
    vi.useFakeTimers({ toFake: ["Date"], now: new Date(known.time) });
    replay(known);
    const { text } = await encrypt(plainBytes(readPlain(name, description), format), {
      format,
      recipients: recipients.map((key) => readKey(key).recipient),
      layout: "sops",
      ...options,
    });
    const shown = (file: string) => withoutWrappedKeys(ownMacIv.has(name) ? withoutMac(file) : file);
    expect(shown(text)).toBe(shown(written));
  });
}
