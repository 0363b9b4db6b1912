import { compileRule, type Document, normalizeRule, type Rule, walk } from "../../packages/core/dist/index.js";

/** Keys, and values that the rule does not select. */
export async function plainTexts({ branches }: Document, rule: Rule): Promise<string[]> {
  const texts: string[] = [];
  walk(branches, await compileRule(normalizeRule(rule)), {
    leaf({ text }, isSelected) {
      if (!isSelected) texts.push(text as string);
      return undefined;
    },
    comment() {},
  });
  for (const { items } of branches) {
    for (const section of items) {
      if (section.kind !== "entry" || section.value.kind !== "mapping") continue;
      texts.push(section.key);
      for (const item of section.value.items) if (item.kind === "entry") texts.push(item.key);
    }
  }
  return texts;
}
