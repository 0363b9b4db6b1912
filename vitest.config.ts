import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "packages/*/test/**/*.test.ts", "test-vectors/**/*.test.ts"],
    testTimeout: 60_000,
  },
});
