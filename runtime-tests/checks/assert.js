/** What checks say where something is not as it should be. */
import { SopsError } from "isosops";

export function assert(condition, message) {
  if (!condition) throw new Error(message);
}

export function assertEqual(actual, expected, what) {
  if (actual === expected) return;
  throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

export function show(value) {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 600 ? `${text.slice(0, 600)}...` : text;
}

/** @returns the error, which has the code */
export async function assertFails(code, run) {
  let error;
  try {
    await run();
  } catch (thrown) {
    error = thrown;
  }
  assert(error !== undefined, `expected an error ${code}, got none`);
  if (!(error instanceof SopsError)) throw error;
  assertEqual(error.code, code, `code of "${error.message}"`);
  return error;
}

export function assertBytes(actual, expected, what) {
  assert(actual instanceof Uint8Array, `${what}: not bytes`);
  assertEqual(actual.length, expected.length, `${what}: length`);
  for (let i = 0; i < expected.length; i++)
    if (actual[i] !== expected[i]) throw new Error(`${what}: differ at byte ${i}`);
}
