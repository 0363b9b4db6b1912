/** The documentation site: `pnpm site` writes it to `docs/.vitepress/dist`. */
import { existsSync, readFileSync } from "node:fs";
import { defineConfig } from "vitepress";
import { fileNames, repositoryLinks } from "./markdown.js";

/** Where the site stands on its host, such as `/isosops/`. */
const base = process.env.ISOSOPS_DOCS_BASE ?? "/";

/** Written by TypeDoc, next to the pages of the reference. */
const apiSidebar = new URL("../api/typedoc-sidebar.json", import.meta.url);
const api = existsSync(apiSidebar) ? JSON.parse(readFileSync(apiSidebar, "utf8")) : [];

export default defineConfig({
  title: "isosops",
  description: "SOPS in every JavaScript runtime: encrypt and decrypt the secrets in your configuration files",
  base,
  cleanUrls: true,
  lastUpdated: false,
  head: [["link", { rel: "icon", href: `${base}icon.svg`, type: "image/svg+xml" }]],
  markdown: {
    config(markdown) {
      fileNames(markdown);
      repositoryLinks(markdown);
    },
  },
  themeConfig: {
    nav: [
      { text: "Start", link: "/start" },
      { text: "Guides", link: "/guide/team-key" },
      { text: "Recipes", link: "/recipes/" },
      { text: "Reference", link: "/reference/errors" },
    ],
    sidebar: {
      "/api/": [{ text: "API reference", link: "/api/" }, ...api],
      "/": [
        {
          text: "Start",
          items: [
            { text: "Two minutes", link: "/start" },
            { text: "Which values are encrypted", link: "/guide/selection" },
            { text: "The jobs, in lines of code", link: "/jobs" },
          ],
        },
        {
          text: "Guides",
          items: [
            { text: "A key for the team", link: "/guide/team-key" },
            { text: ".sops.yaml from code", link: "/guide/sops-yaml" },
            { text: "Recipients come and go", link: "/guide/recipients" },
            { text: "Rotation", link: "/guide/rotation" },
            { text: "A team that deploys from Git", link: "/gitops" },
            { text: "Secrets in Git", link: "/git" },
            { text: "From sops", link: "/guide/from-sops" },
            { text: "From dotenv", link: "/guide/from-dotenv" },
            { text: "From sops-age", link: "/guide/from-sops-age" },
          ],
        },
        { text: "Recipes", items: recipes() },
        {
          text: "Reference",
          items: [
            { text: "API", link: "/api/" },
            { text: "Errors", link: "/reference/errors" },
            { text: "Limits", link: "/reference/limits" },
            { text: "Spelling of values", link: "/spelling" },
            { text: "Security", link: "/reference/security" },
            { text: "Changes", link: "/reference/changes" },
          ],
        },
      ],
    },
    search: { provider: "local" },
    outline: [2, 3],
  },
});

function recipes() {
  return [
    ["Node", "node"],
    ["Deno", "deno"],
    ["Bun", "bun"],
    ["Browsers", "browser"],
    ["Cloudflare Workers", "workers"],
    ["AWS Lambda", "lambda"],
    ["Vite", "vite"],
    ["Next.js", "next"],
    ["Vitest", "vitest"],
    ["Jest", "jest"],
    ["varlock", "varlock"],
    ["CommonJS", "commonjs"],
    ["Keys of cloud services", "cloud-keys"],
  ].map(([text, name]) => ({ text, link: `/recipes/${name}` }));
}
