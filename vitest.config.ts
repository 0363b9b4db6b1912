import { env } from "node:process";
import { defineConfig } from "vitest/config";
import { retry, secondAttempts } from "./test-vectors/second-attempts.js";

// A path to write the results to, as JSON, beside what is printed.
const report = env.ISOSOPS_TEST_REPORT;

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "packages/*/test/**/*.test.ts", "test-vectors/**/*.test.ts"],
    setupFiles: ["test-vectors/seed.ts"],
    testTimeout: 60_000,
    // Most tests wait for other programs. The default leaves a processor free.
    maxWorkers: "100%",
    retry,
    reporters: [
      "default",
      secondAttempts,
      ...(report === undefined ? [] : [["json", { outputFile: report }] as const]),
    ],
  },
});
