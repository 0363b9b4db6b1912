import { expect, test } from "vitest";
import { encryptBlock, expandKey } from "./aes.js";

test("the AES-256 example of FIPS 197, appendix C.3", () => {
  const schedule = expandKey(Uint8Array.from({ length: 32 }, (_, i) => i));
  const out = new Int32Array(4);
  encryptBlock(schedule, 0x00112233, 0x44556677, 0x8899aabb, 0xccddeeff, out);
  expect([...new Uint32Array(out.buffer)]).toEqual([0x8ea2b7ca, 0x516745bf, 0xeafc4990, 0x4b496089]);
});

test("the last word of the AES-256 key schedule of FIPS 197, appendix A.3", () => {
  const key = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
  const schedule = expandKey(new Uint8Array(Buffer.from(key, "hex")));
  expect(schedule.length).toBe(60);
  expect(schedule[59]! >>> 0).toBe(0x706c631e);
});
