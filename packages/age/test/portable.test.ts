import { expect, it, vi } from "vitest";
import { findNativeOpen, findNativeSeal } from "#native";

/*
 * The vectors, the damage and the pieces once more where nothing but Web Crypto is native, as in browsers and Workers:
 * the same bytes and the same errors.
 */

vi.mock("#native", () => import("../src/native/portable.js"));

it("runs without native code", () => {
  expect(findNativeSeal()).toBeUndefined();
  expect(findNativeOpen()).toBeUndefined();
});

await import("../src/armor.test.js");
await import("../src/primitives/hkdf.test.js");
await import("../src/primitives/x25519.test.js");
await import("./vectors.test.js");
await import("./testkit.test.js");
await import("./damage.test.js");
