import { expect, test } from "vitest";
import type { AwsCredentials } from "./aws/credentials.js";
import { createCredentialsCache } from "./credentials-cache.js";

const found = (expiration?: Date): AwsCredentials => ({ accessKeyId: "a", secretAccessKey: "b", expiration });

test("credentials are found once by all that ask, by name, until a minute before their end", async () => {
  const cache = createCredentialsCache<AwsCredentials>();
  const asked: string[] = [];
  const find = (name: string, seconds?: number) => async () => {
    asked.push(name);
    return found(seconds === undefined ? undefined : new Date(Date.now() + seconds * 1000));
  };
  await Promise.all([cache.get("one", find("one"), undefined), cache.get("one", find("one"), undefined)]);
  await cache.get("two", find("two", 3600), undefined);
  await cache.get("two", find("two", 3600), undefined);
  expect(asked).toEqual(["one", "two"]);
  await cache.get("short", find("short", 30), undefined);
  await cache.get("short", find("short", 30), undefined);
  expect(asked).toEqual(["one", "two", "short", "short"]);
});

test("a failure is not kept", async () => {
  const cache = createCredentialsCache<AwsCredentials>();
  await expect(cache.get("x", () => Promise.reject(new Error("no")), undefined)).rejects.toThrow("no");
  expect(await cache.get("x", async () => found(), undefined)).toEqual(found());
});

test("who gives up ends the search for nobody else", async () => {
  const cache = createCredentialsCache<AwsCredentials>();
  const controller = new AbortController();
  const { signal } = controller;
  const slow = () =>
    new Promise<AwsCredentials>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const first = cache.get("x", slow, signal);
  const second = cache.get("x", async () => found(), undefined);
  controller.abort(new Error("enough"));
  await expect(first).rejects.toThrow("enough");
  expect(await second).toEqual(found());
});
