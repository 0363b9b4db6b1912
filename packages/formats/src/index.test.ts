import { describe, expect, it } from "vitest";
import { json, storeByName, storeForPath, storeNameForPath, yaml } from "./index.js";

describe("stores", () => {
  it.each([
    ["a.yaml", "yaml"],
    ["a.yml", "yaml"],
    ["dir.json/a.json", "json"],
    ["a.env", "dotenv"],
    [".env", "dotenv"],
    ["a.ini", "ini"],
    ["a", "binary"],
    ["a.JSON", "binary"],
    ["a.yaml.txt", "binary"],
  ])("of %s is %s, as sops has it", (path, name) => {
    expect(storeNameForPath(path)).toBe(name);
  });

  it("are found by path and by name", () => {
    expect(storeForPath("x/y.yml")).toBe(yaml);
    expect(storeForPath("x/y.json")).toBe(json);
    expect(storeByName("json")).toBe(json);
  });

  it("are refused with what there is instead", () => {
    expect(() => storeForPath("x.env")).toThrow(expect.objectContaining({ code: "unsupported" }));
    expect(() => storeByName("ini")).toThrow(/not supported yet.*yaml, json/);
    expect(() => storeByName("toString")).toThrow(expect.objectContaining({ code: "invalid_option" }));
  });
});
