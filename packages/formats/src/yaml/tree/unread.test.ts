import type { Node } from "@isosops/core";
import { describe, expect, test } from "vitest";
import { parse } from "./parse.js";
import { yamlStrayText } from "./stray-text.js";

/** Comments that go-yaml attaches to nothing, each with the keys down to the collection it is in, and whether it is within an item. */
function unreadIn(source: string): string[] {
  const found: string[] = [];
  const visit = (node: Node, path: string): void => {
    if (node.kind === "leaf") return;
    for (const item of node.items) {
      if (item.kind === "comment") {
        if (item.unread !== undefined) found.push(`${path}#${item.text.trim()}${item.unread === "within" ? "!" : ""}`);
      } else if (item.kind === "entry") visit(item.value, `${path}${item.key}:`);
      else visit(item, path);
    }
  };
  for (const branch of parse(source).branches) visit(branch, "");
  return found;
}

describe("comments that go-yaml attaches to nothing", () => {
  test.each<[string, string[]]>([
    ["a: b\n\n# x\n---\n# y\n\nc: d\n", ["#x"]],
    ["a: [ # x\n b]\n", ["a:#x"]],
    ["a: { # x\n b: c}\n", ["a:#x"]],
    ["a: b\n... # x\n", ["#x"]],
    ["r:\n  a: b\n  # x\n# y\n\n  c: d\n", ["r:#x"]],
    ["  a: b # c\n# y\n\n# x\n", ["#x"]],
    ["%YAML 1.1 # x\n---\na: b\n", ["#x"]],
    ["r:\n  a: [b]\n  # x\n# y\n\n  c: d\n", ["r:#x"]],
  ])("%j", (source, expected) => {
    expect(unreadIn(source)).toEqual(expected);
    expect(yamlStrayText(parse(source))).toEqual([]);
    // What sops reads has none of them, and they are then text that belongs to nothing.
    const read = parse(source, { layout: "sops" });
    const stray = yamlStrayText(read).map(({ start, end }) => source.slice(start, end));
    expect(stray).toEqual(expected.map((one) => expect.stringMatching(`^# ${/#(\w)/.exec(one)![1]}`)));
  });
});
