import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { retry, secondAttempts } from "../../../test-vectors/second-attempts.js";

export default defineConfig({
  test: {
    root: fileURLToPath(new URL("../../..", import.meta.url)),
    include: ["packages/web/pages/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A busy machine takes its time.
    expect: { poll: { timeout: 20_000 } },
    // Each file starts a browser.
    maxWorkers: 2,
    retry,
    reporters: ["default", secondAttempts],
  },
});
