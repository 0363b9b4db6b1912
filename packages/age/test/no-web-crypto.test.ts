import { afterAll, expect, it, vi } from "vitest";

/*
 * The vectors once more without Web Crypto, as in pages of browsers that are not served over https: there is only the
 * generator of random numbers.
 */

vi.mock("#native", () => import("../src/native/portable.js"));
const { crypto } = globalThis;
vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
afterAll(() => {
  vi.unstubAllGlobals();
});

it("runs without Web Crypto", () => {
  expect(globalThis.crypto.subtle).toBeUndefined();
});

await import("../src/primitives/x25519.test.js");
await import("./testkit.test.js");
