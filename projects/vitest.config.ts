import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: fileURLToPath(new URL("..", import.meta.url)),
    include: ["projects/**/*.test.ts"],
    globalSetup: ["projects/setup.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Most tests wait for other programs.
    maxWorkers: "100%",
  },
});
