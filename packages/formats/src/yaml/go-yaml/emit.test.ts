import { readFileSync } from "node:fs";
import { entry, leaf, mapping, type Node, sequence } from "@isosops/core";
import { describe, expect, it } from "vitest";
import type { VectorCase } from "../../../test/vectors/tree.js";
import { vectorBranch } from "../../../test/vectors/tree.js";
import { renderSopsLayout } from "./emit.js";

const vectors = JSON.parse(
  readFileSync(new URL("../../../test/vectors/yaml-sops-layout.json", import.meta.url), "utf8"),
) as { cases: VectorCase[]; damaged: VectorCase[] };

describe("renderSopsLayout", () => {
  it(`writes what sops 3.13.3 writes, for ${vectors.cases.length} trees`, () => {
    expect(vectors.cases.length).toBeGreaterThan(400);
    for (const { branches, indent, text } of vectors.cases) {
      expect(renderSopsLayout(branches.map(vectorBranch), indent)).toBe(text);
    }
  });

  it("differs from sops in an indentation hint, a merge key or a lost value only, where sops cannot read its own file", () => {
    const level = (text: string) => text.replace(/\|\d/g, "|n").replace(/^( *)(?:!!merge <<|"<<"): /gm, "$1<<: ");
    for (const { branches, indent, text } of vectors.damaged) {
      const ours = renderSopsLayout(branches.map(vectorBranch), indent);
      if (/"[kx]":"\\t[^"]*\\n/.test(JSON.stringify(branches))) expect(ours).not.toBe(text);
      else expect(level(ours)).toBe(level(text));
    }
  });

  it("does not lose a text of several lines that begins with a tab", () => {
    const branch = mapping([entry("a", leaf("str", "\tb\nc")), entry("d", sequence([leaf("str", " e\nf")]))]);
    expect(renderSopsLayout([branch], 4)).toBe('a: "\\tb\\nc"\nd:\n    - |2-\n       e\n      f\n');
  });

  it("takes a key `<<` for a merge key only where its value can be merged", () => {
    const merged = mapping([entry("b", leaf("int", "1"))]);
    const write = (value: Node) => renderSopsLayout([mapping([entry("<<", value)])], 2);
    expect(write(leaf("str", "a"))).toBe('"<<": a\n');
    expect(write(sequence([merged, leaf("str", "a")]))).toBe('"<<":\n  - b: 1\n  - a\n');
    expect(write(merged)).toBe("!!merge <<:\n  b: 1\n");
    expect(write(sequence([merged]))).toBe("!!merge <<:\n  - b: 1\n");
  });

  it("parts documents", () => {
    expect(renderSopsLayout([mapping([entry("a", leaf("int", "1"))]), mapping()], 4)).toBe("a: 1\n---\n{}\n");
    expect(renderSopsLayout([], 4)).toBe("");
  });

  it("takes any depth", () => {
    let node = sequence([]);
    for (let depth = 0; depth < 5000; depth++) node = sequence([node]);
    expect(renderSopsLayout([mapping([entry("a", node)])], 2)).toBe(`a:\n  ${"- ".repeat(5000)}[]\n`);
  });
});
