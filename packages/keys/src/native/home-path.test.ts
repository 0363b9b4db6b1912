import { join } from "node:path";
import { expect, test } from "vitest";
import { homePath } from "./home-path.js";
import type { Platform } from "./platform.js";

const machine = (home: string, variables: Record<string, string> = {}) =>
  ({ env: (name: string) => variables[name], homeFolder: () => home, joinPath: join }) as unknown as Platform;

test("a file of the home folder is never one of the working folder", () => {
  expect(homePath(machine("/home/me", { HOME: "/other" }), ".vault-token")).toBe(join("/other", ".vault-token"));
  expect(homePath(machine("/home/me"), ".huaweicloud", "credentials")).toBe(
    join("/home/me", ".huaweicloud", "credentials"),
  );
  expect(homePath(machine(""), ".vault-token")).toBeUndefined();
});
