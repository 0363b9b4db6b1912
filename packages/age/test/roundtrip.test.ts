import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decrypt } from "../src/decrypt.js";
import { decryptIterable } from "../src/decrypt-iterable.js";
import { decryptStream } from "../src/decrypt-stream.js";
import { encrypt } from "../src/encrypt.js";
import { encryptIterable } from "../src/encrypt-iterable.js";
import { encryptStream } from "../src/encrypt-stream.js";
import { headerLimit, parseHeader } from "../src/header.js";
import { parseIdentity } from "../src/parse-identity.js";
import { parseRecipient } from "../src/parse-recipient.js";
import type { Identity, Recipient } from "../src/recipient.js";
import { x25519IdentityToRecipient } from "../src/x25519/identity-to-recipient.js";
import { generateX25519Key } from "../src/x25519/secret-key.js";
import { codeOf, cut, cutInOneBuffer, gather, open, openInPieces, pipe, plaintext } from "./support.js";

const identity = generateX25519Key();
const recipient = x25519IdentityToRecipient(identity);
const lengths = [0, 1, 65_535, 65_536, 65_537, 131_072, 1_048_576];

describe("encrypt and decrypt", () => {
  it.each(lengths)("%i bytes, binary and armored", async (length) => {
    const bytes = plaintext(length);
    const file = await encrypt(bytes, [recipient]);
    // Header 168 (age.md: 22 + 54 + 44 + 48), nonce 16, then a tag for every chunk.
    expect(file.length).toBe(168 + 16 + length + 16 * Math.max(1, Math.ceil(length / 65_536)));
    expect(Buffer.compare(await decrypt(file, [identity]), bytes)).toBe(0);
    const armored = await encrypt(bytes, [recipient], { armor: true });
    expect(Buffer.compare(await decrypt(armored, [identity]), bytes)).toBe(0);
    expect(Buffer.compare(await decrypt(new TextEncoder().encode(armored), [identity]), bytes)).toBe(0);
  });

  it("opens for each of many recipients, with any of many identities", async () => {
    const keys = Array.from({ length: 5 }, generateX25519Key);
    const file = await encrypt(plaintext(10), keys.map(x25519IdentityToRecipient));
    for (const key of keys) {
      expect(await decrypt(file, [generateX25519Key(), parseIdentity(key), generateX25519Key()])).toEqual(
        plaintext(10),
      );
    }
  });

  it("gives another file every time", async () => {
    const files = await Promise.all([1, 2].map(() => encrypt(plaintext(64), [open])));
    const [one, two] = files.map((file) => parseHeader(file).stanzas[0]!.body);
    expect(one).not.toEqual(two);
    expect(files[0]!.slice(-80)).not.toEqual(files[1]!.slice(-80));
  });

  it("does not touch the plaintext, and takes a view into a larger buffer", async () => {
    const bytes = plaintext(1000);
    const view = new Uint8Array(bytes.buffer, 3, 501);
    const file = Buffer.from(await encrypt(view, [parseRecipient(recipient)]));
    expect(bytes).toEqual(plaintext(1000));
    expect(await decrypt(file, [identity])).toEqual(plaintext(1000).slice(3, 504));
  });

  it("takes recipients and identities of one's own, with promises or without", async () => {
    const later: Recipient & Identity = {
      wrapFileKey: async (fileKey) => [{ type: "example.com/later", args: ["x"], body: fileKey.slice() }],
      unwrapFileKey: async (stanzas) => stanzas.find((stanza) => stanza.type === "example.com/later")?.body,
    };
    const file = await encrypt(plaintext(5), [later, recipient]);
    expect(await decrypt(file, [open, later])).toEqual(plaintext(5));
    expect(await decrypt(file, [identity])).toEqual(plaintext(5));
    expect(await codeOf(() => encrypt(plaintext(5), [{ wrapFileKey: () => [] }]))).toBe("invalid_recipient");
    const short: Identity = { unwrapFileKey: () => new Uint8Array(15) };
    expect(await codeOf(() => decrypt(file, [short]))).toBe("invalid_identity");
  });
});

describe("streams", () => {
  it("give what the whole functions give, whatever the pieces", async () => {
    const sizes = fc.array(
      fc.oneof(
        fc.integer({ min: 1, max: 2000 }),
        fc.constantFrom(65_535, 65_536, 65_537, 65_551, 65_552, 65_553, 200_000),
      ),
      { minLength: 1, maxLength: 6 },
    );
    const length = fc.oneof(
      fc.constantFrom(0, 1, 65_535, 65_536, 65_537, 131_072, 131_073),
      fc.integer({ min: 0, max: 300 }),
    );
    await fc.assert(
      fc.asyncProperty(length, sizes, sizes, fc.boolean(), async (bytes, inward, outward, armor) => {
        const original = plaintext(bytes);
        const locked = await pipe(cut(original, inward), encryptStream([open], { armor }));
        expect(locked.error).toBeUndefined();
        expect(Buffer.compare(await decrypt(locked.bytes, [open]), original)).toBe(0);
        const opened = await openInPieces(locked.bytes, [open], outward);
        expect(opened.error).toBeUndefined();
        expect(Buffer.compare(opened.bytes, original)).toBe(0);
        const iterated = await gather(encryptIterable(cutInOneBuffer(original, inward), [open], { armor }));
        expect(iterated.error).toBeUndefined();
        const back = await gather(decryptIterable(cutInOneBuffer(iterated.bytes, outward), [open]));
        expect(back.error).toBeUndefined();
        expect(Buffer.compare(back.bytes, original)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it("read a file byte by byte", async () => {
    for (const armor of [false, true]) {
      const file = await encrypt(plaintext(77), [recipient], { armor });
      const bytes = typeof file === "string" ? new TextEncoder().encode(`\r\n ${"\n"}${file}\n`) : file;
      const { bytes: opened, error } = await openInPieces(bytes, [identity], [1]);
      expect(error).toBeUndefined();
      expect(opened).toEqual(plaintext(77));
    }
  });

  it.each([false, true])("hold no more than a chunk back, armor %s", async (armor) => {
    let sent = 0;
    let locked = 0;
    let opened = 0;
    let most = 0;
    const piece = plaintext(10_000);
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (sent >= 4_000_000) return controller.close();
          controller.enqueue(piece);
          sent += piece.length;
          most = Math.max(most, sent - opened);
        },
      },
      { highWaterMark: 0 },
    );
    const count = new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        locked += bytes.length;
        controller.enqueue(bytes);
      },
    });
    const read = source
      .pipeThrough(encryptStream([open], { armor }))
      .pipeThrough(count)
      .pipeThrough(decryptStream([open]));
    for await (const bytes of read) {
      expect(bytes.length).toBeLessThanOrEqual(65_536);
      opened += bytes.length;
    }
    expect(opened).toBe(4_000_000);
    expect(locked).toBeGreaterThan(4_000_000);
    // A chunk in each of the two streams, one on its way between them, and pieces in the queues.
    expect(most).toBeLessThan(4 * 65_536);
  });

  it("fail at once for recipients and identities that are wrong", async () => {
    expect(await codeOf(() => encryptStream([]))).toBe("no_recipients");
    expect(await codeOf(() => encryptStream(["age1"]))).toBe("invalid_recipient");
    expect(await codeOf(() => decryptStream([]))).toBe("no_identities");
    expect(await codeOf(() => decryptStream(["AGE-SECRET-KEY-1"]))).toBe("invalid_identity");
  });

  it.each([
    ["encryptStream", () => encryptStream([open])],
    ["decryptStream", () => decryptStream([open])],
  ])("end their source when they are cancelled, and their destination when it fails: %s", async (name, through) => {
    const file = await encrypt(plaintext(200_000), [open]);
    const source = (cancel: (reason: unknown) => void): ReadableStream<Uint8Array> =>
      new ReadableStream({
        start: (controller) => controller.enqueue(name === "encryptStream" ? plaintext(200_000) : file),
        cancel,
      });
    const cancelled = await new Promise((cancel) => {
      const reader = source(cancel).pipeThrough(through()).getReader();
      void reader.read().then(() => reader.cancel("enough"));
    });
    expect(cancelled).toBe("enough");

    const stopped = await new Promise((cancel) => {
      const full = new WritableStream({ write: () => Promise.reject("full") });
      source(cancel)
        .pipeThrough(through())
        .pipeTo(full)
        .catch(() => {});
    });
    expect(stopped).toBe("full");

    let aborted: unknown;
    const failing = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error("no source") });
    const destination = new WritableStream<Uint8Array>({
      abort(reason) {
        aborted = reason;
      },
    });
    await expect(failing.pipeThrough(through()).pipeTo(destination)).rejects.toBe("no source");
    expect(aborted).toBe("no source");
  });

  it("take a piece of 10 MiB", async () => {
    const bytes = plaintext(10 * 1_048_576);
    const locked = await pipe([bytes], encryptStream([open]));
    const opened = await pipe([locked.bytes], decryptStream([open]));
    expect(Buffer.compare(opened.bytes, bytes)).toBe(0);
  });

  it("refuse what is not an age file before its end is there", async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(1000).fill(0x61));
        if (pulled > 10_000) controller.error(new Error("read on and on"));
      },
    });
    const read = endless.pipeThrough(decryptStream([open]));
    expect(await codeOf(() => read.getReader().read())).toBe("header");
    expect(pulled).toBeLessThan(10);
  });

  it("refuse a header without end", async () => {
    const start = new TextEncoder().encode("age-encryption.org/v1\n");
    const stanzas = new TextEncoder().encode("-> a\n\n".repeat(10_000));
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = sent === 0 ? start : stanzas;
        controller.enqueue(piece);
        sent += piece.length;
        if (sent > 100_000_000) controller.error(new Error("read on and on"));
      },
    });
    const read = endless.pipeThrough(decryptStream([open]));
    expect(await codeOf(() => read.getReader().read())).toBe("header");
    expect(sent).toBeLessThan(headerLimit + 1_000_000);
  });
});

describe("iterables", () => {
  it("take no more than they need, and end their source when they are left", async () => {
    for (const run of [
      (source: Iterable<Uint8Array>) => encryptIterable(source, [open]),
      (source: Iterable<Uint8Array>) => decryptIterable(encryptIterable(source, [open]), [open]),
    ]) {
      let taken = 0;
      let ended = false;
      function* endless(): Generator<Uint8Array> {
        try {
          for (;;) {
            taken++;
            yield plaintext(100_000);
          }
        } finally {
          ended = true;
        }
      }
      let given = 0;
      for await (const piece of run(endless())) {
        given += piece.length;
        // A chunk is held back, and what is within a piece comes out of it before the next one is taken.
        expect(taken * 100_000 - given).toBeLessThan(4 * 65_536);
        if (given > 1_000_000) break;
      }
      expect(ended).toBe(true);
    }
  });

  it("pass on the errors of their source, and name their own", async () => {
    function* failing(): Generator<Uint8Array> {
      yield plaintext(100);
      throw new Error("the disk is gone");
    }
    expect(String((await gather(encryptIterable(failing(), [open]))).error)).toContain("the disk is gone");
    expect(String((await gather(decryptIterable(failing(), [open]))).error)).toContain("not an age file");
    const texts = ["text"] as unknown as Uint8Array[];
    expect((await gather(encryptIterable(texts, [open]))).error).toBeInstanceOf(TypeError);
    expect((await gather(decryptIterable(texts, [open]))).error).toBeInstanceOf(TypeError);
    expect(await codeOf(() => encryptIterable([], []))).toBe("no_recipients");
    expect(await codeOf(() => decryptIterable([], ["AGE-SECRET-KEY-1"]))).toBe("invalid_identity");
    expect((await gather(decryptIterable([], [open]))).error).toMatchObject({ code: "header" });
  });
});
