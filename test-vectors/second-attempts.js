/**
 * In CI, what fails runs once more: real gpg, ssh, key services and browsers fail now and then. What passes only then is
 * reported, and somebody has to look at it.
 */
import { env } from "node:process";

/** How often a test that fails is repeated. */
export const retry = env.CI === undefined ? 0 : 1;

/** @type {string[]} */
const names = [];

/** @type {import("vitest/node").Reporter} */
export const secondAttempts = {
  onTestCaseResult(test) {
    if (test.diagnostic()?.flaky === true) names.push(`${test.module.relativeModuleId}: ${test.fullName}`);
  },
  onTestRunEnd() {
    for (const name of names) console.log(`Passed only the second time: ${name}`);
  },
};
