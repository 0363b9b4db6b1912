/** Runs checks one after another, and counts what came of them. Nothing here exists in one runtime only. */

/** @typedef {{ passed: number, failed: number, failures: { name: string, message: string }[] }} Outcome */

/**
 * @param {Iterable<[name: string, run: () => Promise<void> | void]>} checks
 * @param {(line: string) => void} log
 * @returns {Promise<Outcome>}
 */
export async function runAll(checks, log = () => {}) {
  const outcome = { passed: 0, failed: 0, failures: [] };
  for (const [name, run] of checks) {
    try {
      await run();
      outcome.passed++;
    } catch (error) {
      outcome.failed++;
      const message = error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error);
      outcome.failures.push({ name, message });
      log(`failed: ${name}: ${message}`);
    }
  }
  log(`${outcome.passed} passed, ${outcome.failed} failed`);
  return outcome;
}
