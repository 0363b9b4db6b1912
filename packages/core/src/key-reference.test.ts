import { expect, test } from "vitest";
import { keyName, withoutUser } from "../dist/key-reference.js";

test.each([
  ["https://user:hunter2@host/v1/transit/keys/k", "https://***@host/v1/transit/keys/k"],
  ["https://token@host:8200/v1/transit/keys/k", "https://***@host:8200/v1/transit/keys/k"],
  // A slash, an at sign or a colon that was not escaped.
  ["https://user:hun/ter2@host/v1/transit/keys/k", "https://***@host/v1/transit/keys/k"],
  ["https://user:hun/t@er2@host/v1/transit/keys/k", "https://***@host/v1/transit/keys/k"],
  ["https:\\\\user:hunter2@host\\v1", "https:\\\\***@host\\v1"],
  ["https:/user:hunter2@host/", "https:/***@host/"],
])("the user name and password of %s are left out", (id, shown) => {
  expect(withoutUser(id)).toBe(shown);
  expect(keyName({ type: "hc_vault", id })).toBe(shown);
});

test.each([
  "https://host:8200/v1/transit/keys/me@example.com",
  "https://host/v1/transit/keys/me@example.com",
  "https://[::1]:8200/v1/transit/keys/me@example.com",
  "https://host:8200",
  "arn:aws:kms:eu-west-1:111122223333:alias/me@example.com",
  "projects/example.com:p/locations/global/keyRings/r/cryptoKeys/k",
  "cn-north-4:0d0466b0-e727-4d9c-b35d-f84bb474a37f",
])("%s is as it is", (id) => {
  expect(withoutUser(id)).toBe(id);
});

test("a long ID takes no long time", () => {
  const started = Date.now();
  for (const part of [":/", "https://a:", "/", ":", "a:b/"]) withoutUser(`https://${part.repeat(300_000)}`);
  expect(Date.now() - started).toBeLessThan(2000);
});
