import { defineConfig } from "vite";

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
  },
  worker: { format: "es" },
});
