/**
 * The engine against files that real sops wrote, and, where a sops binary is found, against the command itself.
 * What the cases are is said in README.md.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { isMap, isScalar, isSeq, parseAllDocuments } from "yaml";
import { readMetadata, writeMetadata } from "../packages/core/dist/index.js";
import { storeByName } from "../packages/formats/dist/index.js";
import { decrypt, encrypt, SopsError } from "../packages/isosops/dist/index.js";
import { encryptFlags, endings, findSops, readKey, runSops, sopsVersions, twoAtATime } from "./tools.js";
import { listCases, plainBytes, readCase, readIfThere, readPlain } from "./vectors.js";

type Format = "yaml" | "json" | "dotenv" | "ini" | "binary";
type Outcome = { exit: number; message?: string };
type Layout = "preserve" | "sops";

interface GoodCase {
  name: string;
  format: Format;
  options: Record<string, string | number | boolean>;
  recipients: string[];
  notByteForByte?: string;
  sops: Record<string, { encrypt: Outcome; decrypt?: Record<string, Outcome> }>;
  plain: string;
}

interface BrokenCase {
  name: string;
  about: string;
  format: Format;
  operation: "encrypt" | "decrypt";
  options?: Record<string, string | number | boolean>;
  recipients?: string[];
  identities?: string[];
  code: string;
}

const current = sopsVersions[0]!;
const { identity } = readKey("first");

const good: GoodCase[] = listCases("good").map((name) => {
  const description = readCase("good", name);
  return { ...description, name, plain: readPlain(name, description) };
});

function recipientsOf({ recipients }: { recipients: string[] }): string[] {
  return recipients.map((key) => (key.startsWith("age1") ? key : readKey(key).recipient));
}

/** What version `reader` makes of what version `writer` wrote; undefined where it refuses it. */
function sopsReads({ name, format, sops }: GoodCase, writer: string, reader: string): string | undefined {
  if (sops[writer]?.decrypt?.[reader] !== undefined) return undefined;
  return (
    readIfThere("good", name, `decrypted-${writer}-by-${reader}.${endings[format]}`) ??
    readIfThere("good", name, `decrypted-${writer}.${endings[format]}`)
  );
}

/** Whether sops opens what it has encrypted. What it does not open we do not write in its layout. */
function isOpened({ sops }: GoodCase): boolean {
  return sops[current]?.decrypt?.[current] === undefined;
}

function encryptAsCase(item: GoodCase, layout: Layout): Promise<string> {
  const { format, options, plain } = item;
  return encrypt(plainBytes(plain, format), {
    format,
    recipients: recipientsOf(item),
    layout,
    allowLoss: true,
    ...options,
  }).then(({ text }) => text);
}

async function decryptAsSops(text: string, format: Format, key = identity): Promise<string> {
  return shown(await decrypt(text, { format, identities: [key], layout: "sops" }), format);
}

/** A plain file as the vectors give it: of a binary one a character for each byte. */
function shown({ bytes }: { bytes: Uint8Array }, format: Format): string {
  return Buffer.from(bytes).toString(format === "binary" ? "latin1" : "utf8");
}

/** What is random or depends on the day is masked; the lengths of ciphertexts, all names and the layout stay. */
function mask(encrypted: string): string {
  return encrypted
    .replace(/data:([\w+/=]+),iv:[\w+/=]+,tag:[\w+/=]+,/g, (_, data: string) => `data:${data.length},`)
    .replace(/-----BEGIN AGE ENCRYPTED FILE-----(?:[^-]|-(?!-))*/g, "-----BEGIN AGE ENCRYPTED FILE-----")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "TIME");
}

/** The code of the `SopsError` that an operation must throw. */
async function codeOf(operation: () => Promise<unknown>): Promise<string> {
  try {
    await operation();
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return error.code;
  }
  return "no error";
}

/** A YAML text as lists of keys and values, in order, with nothing but its layout and comments left out. */
function values(text: string, format: Format): unknown {
  if (format !== "yaml") return text;
  const read = (node: unknown): unknown => {
    if (isMap(node)) return node.items.map(({ key, value }) => [read(key), read(value)]);
    if (isSeq(node)) return { list: node.items.map(read) };
    return isScalar(node) ? `${typeof node.value} ${String(node.value)}` : node;
  };
  return parseAllDocuments(text, { intAsBigInt: true, uniqueKeys: false }).map(({ errors, contents }) => {
    if (errors.length > 0) throw errors[0];
    return read(contents);
  });
}

describe("we decrypt what sops encrypted as sops does", () => {
  for (const item of good) {
    for (const version of sopsVersions) {
      const { name, format } = item;
      const encrypted = readIfThere("good", name, `encrypted-${version}.${endings[format]}`);
      if (encrypted === undefined) continue;
      test(`${name}, sops ${version}`, async () => {
        const expected = sopsReads(item, version, current);
        // sops refuses some of the files that it writes itself, for their MAC.
        if (expected === undefined) {
          expect(item.sops[version]?.decrypt?.[current]?.exit).toBe(51);
          expect(await codeOf(() => decryptAsSops(encrypted, format))).toBe("mac_mismatch");
          return;
        }
        for (const key of item.recipients) {
          expect(await decryptAsSops(encrypted, format, readKey(key).identity)).toBe(expected);
        }
      });
    }
  }
});

describe("we encrypt as sops does", () => {
  for (const item of good) {
    test(item.name, async () => {
      if (!isOpened(item)) {
        expect(await codeOf(() => encryptAsCase(item, "sops"))).toBe("unwritable");
        return;
      }
      const encrypted = await encryptAsCase(item, "sops");
      const sopsOwn = readIfThere("good", item.name, `encrypted-${current}.${endings[item.format]}`);
      expect(mask(encrypted)).toBe(mask(sopsOwn!));
      const expected = sopsReads(item, current, current);
      if (expected !== undefined) expect(await decryptAsSops(encrypted, item.format)).toBe(expected);
    });
  }
});

describe("what we encrypt comes back", () => {
  for (const item of good) {
    const { name, format, plain, notByteForByte } = item;
    test(notByteForByte === undefined ? name : `${name}, but for its layout: ${notByteForByte}`, async () => {
      const encrypted = await encryptAsCase(item, "preserve");
      const text = shown(await decrypt(encrypted, { format, identities: [identity] }), format);
      if (notByteForByte === undefined) expect(text).toBe(plain);
      else {
        // Remove exceptions that no longer apply.
        expect(text).not.toBe(plain);
        // Values and comments are all there: encrypted again, the file is what sops made of the plain one.
        const sopsOwn = readIfThere("good", name, `encrypted-${current}.${endings[format]}`);
        expect(mask(await encryptAsCase({ ...item, plain: text }, "sops"))).toBe(mask(sopsOwn!));
      }
      const expected = sopsReads(item, current, current);
      if (expected !== undefined) {
        expect(values(await decryptAsSops(encrypted, format), format)).toEqual(values(expected, format));
      }
    });
  }
});

describe("what is broken is refused", () => {
  for (const name of listCases("broken")) {
    const item: BrokenCase = { ...readCase("broken", name), name };
    const { format, operation, code, about } = item;
    const input = readIfThere("broken", name, `input.${endings[format]}`)!;
    test(`${name}: ${about}`, async () => {
      const operate = () =>
        operation === "encrypt"
          ? encrypt(input, { format, recipients: recipientsOf({ recipients: item.recipients! }), ...item.options })
          : decrypt(input, { format, identities: item.identities!.map((key) => readKey(key).identity) });
      const error = await operate().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(SopsError);
      const { code: got, message } = error as SopsError;
      expect(got).toBe(code);
      // Neither values of the files, nor keys, nor digests of plain values.
      expect(message).not.toMatch(/example-|postgres|AGE-SECRET-KEY-1|[0-9A-F]{64}/);
    });
  }
});

describe("keys that are not asked stay in the file and do no harm", () => {
  for (const name of listCases("carried")) {
    const { format, about } = readCase("carried", name) as { format: Format; about: string };
    const encrypted = readIfThere("carried", name, `encrypted.${endings[format]}`)!;
    test(`${name}: ${about}`, async () => {
      expect(await decryptAsSops(encrypted, format)).toBe(
        readIfThere("carried", name, `decrypted-${current}.${endings[format]}`),
      );

      const added = /^\s+"?(?:future_kms|pgp)"?:[\s\S]*?(?=^(?: {4}|\t\t)"?age"?:)/m.exec(encrypted)![0];
      const store = storeByName(format);
      const document = store.parse(encrypted);
      document.metadata = writeMetadata(readMetadata(document.metadata!));
      const lines = (text: string) => text.split("\n").map((line) => line.replace(/,$/, ""));
      const written = lines(store.render(document, { layout: "sops" }));
      expect(written).toEqual(expect.arrayContaining(lines(added)));
    });
  }
});

const binaries = findSops();
if (process.env.ISOSOPS_REQUIRE_LIVE) {
  test.each(sopsVersions)("sops %s is there to run live", (version) => {
    expect(binaries.map((binary) => binary.version)).toContain(version);
  });
} else if (binaries.length === 0) {
  const reason = "no sops binary was found: name one in SOPS_BIN, or run `node test-vectors/install.js`";
  console.log(`Skipped: the tests that run sops live, because ${reason}.`);
  test.skip(`sops live: ${reason}`, () => {});
}

for (const binary of binaries) {
  const { version } = binary;

  interface Ran {
    /** What sops encrypted just now; undefined where it refuses to. */
    encrypted?: string | undefined;
    /** What sops made of what we encrypted in each layout. */
    decrypted: Record<"preserve", string> & Record<"sops", string | undefined>;
    /** What sops makes of what its current version encrypted; undefined where it refuses to. */
    expected?: string | undefined;
  }

  describe(`sops ${version} live`, () => {
    const ran = new Map<string, Ran | { failed: unknown }>();

    // All at once, because starting sops is what takes the time.
    beforeAll(() => twoAtATime(good, async (item) => void ran.set(item.name, await run(item))), 300_000);

    async function run(item: GoodCase): Promise<Ran | { failed: unknown }> {
      try {
        const { name, format, options, plain } = item;
        const read = (text: string) => runSops(binary, ["--decrypt"], { text, format, identities: [identity] });
        const show = ({ exit, bytes, message }: { exit: number; bytes: Uint8Array; message: string }) =>
          exit === 0 ? shown({ bytes }, format) : `exit ${exit}: ${message}`;
        const fresh = await runSops(binary, encryptFlags(options, recipientsOf(item)), {
          text: plainBytes(plain, format),
          format,
        });
        const decrypted = {
          preserve: show(await read(await encryptAsCase(item, "preserve"))),
          sops: isOpened(item) ? show(await read(await encryptAsCase(item, "sops"))) : undefined,
        };
        let expected: string | undefined;
        if (sopsVersions.includes(version)) expected = sopsReads(item, current, version);
        else {
          const result = await read(readIfThere("good", name, `encrypted-${current}.${endings[format]}`)!);
          expected = result.exit === 0 ? shown(result, format) : undefined;
        }
        return { encrypted: fresh.exit === 0 ? fresh.output : undefined, decrypted, expected };
      } catch (failed) {
        return { failed };
      }
    }

    function result(name: string): Ran {
      const done = ran.get(name)!;
      if ("failed" in done) throw done.failed;
      return done;
    }

    for (const item of good) {
      const { name, format } = item;
      const refusal = item.sops[version]?.encrypt.exit;
      const refused = item.sops[current]?.decrypt?.[version]?.exit;

      test.skipIf(refusal)(
        `${name}: we decrypt what it encrypts${refusal ? " (it does not encrypt it)" : ""}`,
        async (context) => {
          const { encrypted } = result(name);
          if (encrypted === undefined && item.sops[version] === undefined) context.skip("it does not encrypt it");
          const expected = sopsReads(item, item.sops[version] === undefined ? current : version, current);
          if (expected !== undefined) expect(await decryptAsSops(encrypted!, format)).toBe(expected);
          else expect(await codeOf(() => decryptAsSops(encrypted!, format))).toBe("mac_mismatch");
        },
      );

      test.skipIf(refused)(
        `${name}: it decrypts what we encrypt${refused ? ` (it refuses what sops ${current} encrypts)` : ""}`,
        (context) => {
          const { decrypted, expected } = result(name);
          if (expected === undefined) context.skip(`it refuses what sops ${current} encrypts`);
          if (isOpened(item)) expect(decrypted.sops).toBe(expected);
          expect(values(decrypted.preserve, format)).toEqual(values(expected, format));
        },
      );
    }
  });
}
