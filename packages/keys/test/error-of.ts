import { inspect } from "node:util";
import type { SopsError } from "@isosops/core";
import { expect } from "vitest";

/** The error of a promise, which holds none of these secrets however it is looked at. */
export async function errorOf(promise: Promise<unknown>, secrets: readonly string[]): Promise<SopsError> {
  const error = await promise.then(
    () => expect.unreachable("it has worked"),
    (thrown: unknown) => thrown as SopsError,
  );
  const shown = `${inspect(error, { depth: 20, showHidden: true })} ${error.stack}`;
  for (const secret of secrets) expect(shown).not.toContain(secret);
  return error;
}
