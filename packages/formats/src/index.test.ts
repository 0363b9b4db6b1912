import { describe, expect, it } from "vitest";
import { binary, env, ini, json, storeByName, storeForPath, storeNameForPath, toml, xml, yaml } from "./index.js";

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
    ["a.toml", "binary"],
    ["a.xml", "binary"],
  ])("of %s is %s, as sops has it", (path, name) => {
    expect(storeNameForPath(path)).toBe(name);
  });

  it("are found by path and by name", () => {
    expect(storeForPath("x/y.yml")).toBe(yaml);
    expect(storeForPath("x/y.json")).toBe(json);
    expect(storeForPath(".env")).toBe(env);
    expect(storeForPath("a.ini")).toBe(ini);
    expect(storeForPath("key.pem")).toBe(binary);
    for (const store of [yaml, json, env, ini, binary, toml, xml]) expect(storeByName(store.name)).toBe(store);
  });

  it("are refused with what there is instead", () => {
    expect(() => storeByName("tml")).toThrow(/"tml".*yaml, json, dotenv, ini, binary, toml, xml/);
    expect(() => storeByName("toString")).toThrow(expect.objectContaining({ code: "invalid_option" }));
  });
});
