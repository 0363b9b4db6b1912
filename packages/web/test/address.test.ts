import { describe, expect, test } from "vitest";
import { hrefOf, parseHash } from "../src/shell/address.js";

describe("addresses", () => {
  test.each(["clusters/production", "", "a b/ü/100%", "a#b/c?d"])("%j comes back from its link", (rest) => {
    expect(parseHash(hrefOf("clusters", rest))).toEqual({ page: "clusters", rest });
  });

  test.each(["", "#", "#/", "#main", "#/../x", "https://example.com/#/stacks"])(
    "%j is that of the workbench",
    (hash) => {
      expect(parseHash(hash)).toEqual({ page: "workbench", rest: "" });
    },
  );

  test("an escape that is none stays as it is", () => {
    expect(parseHash("#/stacks/%zz/%41")).toEqual({ page: "stacks", rest: "%zz/A" });
  });

  test("the link that the server prints is that of signing in", () => {
    expect(parseHash("#link=abc-_1")).toEqual({ page: "signin", rest: "abc-_1" });
  });
});
