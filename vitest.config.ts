import { env } from "node:process";
import { defineConfig } from "vitest/config";
import type { Reporter, TestCase } from "vitest/node";

// A path to write the results to, as JSON, beside what is printed.
const report = env.ISOSOPS_TEST_REPORT;

// Says which tests passed only the second time: somebody has to look at them.
const secondAttempts: string[] = [];
const reportSecondAttempts: Reporter = {
  onTestCaseResult(test: TestCase) {
    if (test.diagnostic()?.flaky === true) secondAttempts.push(`${test.module.relativeModuleId}: ${test.fullName}`);
  },
  onTestRunEnd() {
    for (const name of secondAttempts) console.log(`Passed only the second time: ${name}`);
  },
};
const reporters = ["default", reportSecondAttempts] as const;

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "packages/*/test/**/*.test.ts", "test-vectors/**/*.test.ts"],
    setupFiles: ["test-vectors/seed.ts"],
    testTimeout: 60_000,
    // Most tests wait for other programs. The default leaves a processor free.
    maxWorkers: "100%",
    // Real gpg, ssh and key services fail now and then. What CI repeats, it reports.
    retry: env.CI === undefined ? 0 : 1,
    reporters: report === undefined ? [...reporters] : [...reporters, ["json", { outputFile: report }]],
  },
});
