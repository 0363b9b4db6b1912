import { join } from "node:path";
import { expect, test } from "vitest";
import type { Platform } from "../../native/platform.js";
import { settingsFile } from "./settings-file.js";

const machine = (home: string, variables: Record<string, string> = {}) =>
  ({ env: (name: string) => variables[name], homeFolder: () => home, joinPath: join }) as unknown as Platform;

test("a settings file is that of the variable, or of the home folder, and never of the working folder", () => {
  expect(settingsFile(machine("/home/me", { FILE: "x" }), "FILE", "credentials")).toBe("x");
  expect(settingsFile(machine("/home/me"), "FILE", "credentials")).toBe("/home/me/.huaweicloud/credentials");
  expect(settingsFile(machine(""), "FILE", "credentials")).toBeUndefined();
});
