/**
 * The library in a realm of its own, as in `vitest --environment jsdom`, in frames and `node:vm`: bytes that come in, and what
 * TextEncoder and WebCrypto give, are not of the classes that its code knows.
 */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { expect, test } from "vitest";
import type * as Isosops from "../dist/index.js";

/** The library with the code for a runtime, run in a new realm. */
async function inOwnRealm(platform: "node" | "browser"): Promise<typeof Isosops> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../dist/index.js", import.meta.url))],
    bundle: true,
    write: false,
    format: "cjs",
    platform,
    target: "es2022",
  });
  const module = { exports: {} as typeof Isosops };
  const { TextEncoder, TextDecoder, crypto, setTimeout, ReadableStream, TransformStream, atob, btoa } = globalThis;
  const given = { TextEncoder, TextDecoder, crypto, setTimeout, ReadableStream, TransformStream, atob, btoa };
  const require = createRequire(import.meta.url);
  const context = createContext({ module, exports: module.exports, require, ...given });
  runInContext(outputFiles[0]!.text, context);
  // It is another realm indeed.
  expect(runInContext("Uint8Array", context)).not.toBe(Uint8Array);
  expect(runInContext("new TextEncoder().encode('a') instanceof Uint8Array", context)).toBe(false);
  return module.exports;
}

test.each(["node", "browser"] as const)("bytes of another realm are taken: %s", async (platform) => {
  const { encrypt, decrypt, get, set, inspect, verify, generateIdentity, updateRecipients } =
    await inOwnRealm(platform);
  const { identity, recipient } = await generateIdentity();
  const source = "a: b # c\nlist: [1, 2]\n";
  const bytes = new TextEncoder().encode(source);
  const sealed = await encrypt(bytes, { format: "yaml", recipients: [recipient] });
  const file = new TextEncoder().encode(sealed.text);
  const options = { format: "yaml", identities: [identity] } as const;
  expect((await decrypt(file, options)).text).toBe(source);
  expect((await decrypt(Buffer.from(file), options)).text).toBe(source);
  expect(await get(file, { ...options, path: ["list", 1] })).toBe(2);
  expect((await inspect(file, { format: "yaml" }))?.keyGroups.length).toBe(1);
  expect((await verify(file, { format: "yaml" })).findings).toEqual([]);
  expect((await updateRecipients(file, { ...options, add: [(await generateIdentity()).recipient] })).changed).toBe(
    true,
  );

  const value = { bytes: new TextEncoder().encode("x"), date: new Date("2026-01-02T03:04:05Z"), plain: { k: [1] } };
  const changed = await set(file, { ...options, path: ["new"], value });
  expect(await get(changed.text, { ...options, path: ["new", "bytes"] })).toBe("x");
  expect(await get(changed.text, { ...options, path: ["new", "plain", "k", 0] })).toBe(1);
  expect(String(await get(changed.text, { ...options, path: ["new", "date"], dates: "string" }))).toBe(
    "2026-01-02T03:04:05Z",
  );

  const odd = Uint8Array.from({ length: 5000 }, (_, index) => index & 0xff);
  const binary = await encrypt(odd.subarray(3), { format: "binary", recipients: [recipient] });
  const opened = await decrypt(binary.text, { format: "binary", identities: [identity] });
  expect(Array.from(opened.bytes)).toEqual(Array.from(odd.subarray(3)));
});
