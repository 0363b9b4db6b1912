import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { licenceTexts } from "../cli/licences/texts.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const serviceWorker = "service-worker";

/** Tells the service worker the files of the build, and a digest of them as their version. */
const listFiles: Plugin = {
  name: "list-files",
  enforce: "post",
  generateBundle: {
    order: "post",
    handler(_, bundle) {
      const hash = createHash("sha256");
      const files: string[] = [];
      const add = (name: string, content: string | Uint8Array) => {
        files.push(`./${name}`);
        hash.update(`${name}\0`).update(content);
      };
      for (const [name, file] of Object.entries(bundle)) {
        if (name !== `${serviceWorker}.js` && name !== "LICENSES.txt")
          add(name, file.type === "chunk" ? file.code : file.source);
      }
      for (const name of readdirSync(join(here, "public"))) add(name, readFileSync(join(here, "public", name)));
      const worker = bundle[`${serviceWorker}.js`];
      if (worker?.type !== "chunk") this.error("there is no service worker in the build");
      worker.code = worker.code
        .replaceAll("__FILES__", JSON.stringify(files.sort()))
        .replaceAll("__VERSION__", JSON.stringify(hash.digest("hex").slice(0, 16)));
    },
  },
};

/** The modules of the pages and of their worker. */
const modules = new Set<string>();

const noteModules: Plugin = {
  name: "note-modules",
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type === "chunk") for (const id of file.moduleIds) modules.add(id.split("?", 1)[0] ?? id);
    }
  },
};

/** The licences of the libraries that are in the build. The worker is built before the pages are written. */
const licences: Plugin = {
  name: "licences",
  generateBundle() {
    const paths = [...modules].filter((id) => id.startsWith("/") || /^[A-Za-z]:/.test(id));
    this.emitFile({ type: "asset", fileName: "LICENSES.txt", source: licenceTexts(paths) });
  },
};

export default defineConfig({
  // Any folder of any host.
  base: "./",
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    // The policy of the page allows no code in the page, and every browser we support loads modules ahead by itself.
    modulePreload: { polyfill: false },
    // Images in the text of a style sheet would be data: addresses.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      input: { index: join(here, "index.html"), [serviceWorker]: join(here, "src/offline/service-worker.ts") },
      output: {
        // Its address stays, so that a browser finds the next version.
        entryFileNames: ({ name }) => (name === serviceWorker ? "[name].js" : "assets/[name]-[hash].js"),
      },
      onwarn(warning, warn) {
        // A comment of a library that only its own bundler reads.
        if (warning.code !== "INVALID_ANNOTATION") warn(warning);
      },
    },
  },
  worker: {
    format: "es",
    plugins: () => [noteModules],
    rollupOptions: {
      onwarn(warning, warn) {
        if (warning.code !== "INVALID_ANNOTATION") warn(warning);
      },
    },
  },
  plugins: [noteModules, licences, listFiles],
});
