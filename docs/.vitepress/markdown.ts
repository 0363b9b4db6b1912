import type { MarkdownRenderer } from "vitepress";

/** Shows the name of the file above a block whose fence has one: ` ```js app.js `. */
export function fileNames(markdown: MarkdownRenderer): void {
  const fence = markdown.renderer.rules.fence!;
  markdown.renderer.rules.fence = (tokens, index, options, env, self) => {
    const [, name] = tokens[index]!.info.trim().split(/\s+/);
    const block = fence(tokens, index, options, env, self);
    if (name === undefined || /^[[{:]/.test(name)) return block;
    return `<figure class="file"><figcaption>${markdown.utils.escapeHtml(name)}</figcaption>${block}</figure>`;
  };
}

/** Where files of the repository that pages include or link to stand on the site. */
const places: [RegExp, string][] = [
  [/^(?:\.\.\/)*CHANGELOG\.md/, "/reference/changes"],
  [/^(?:\.\.\/)*SECURITY\.md/, "/reference/security"],
  [/^docs\/(.+)\.md/, "/$1"],
  [/^(?:\.\.\/)*packages\/isosops\b/, "/api/isosops"],
  [/^(?:\.\.\/)*packages\/(\w+)\b/, "/api/@isosops/$1"],
];

/** Leads the links of files that are written for the repository, such as SECURITY.md, to the pages of the site. */
export function repositoryLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push("repository-links", ({ tokens }) => {
    for (const { children } of tokens) {
      for (const token of children ?? []) {
        const href = token.type === "link_open" ? token.attrGet("href") : null;
        const place = href === null ? undefined : places.find(([pattern]) => pattern.test(href));
        if (place !== undefined) token.attrSet("href", href!.replace(...place));
      }
    }
  });
}
