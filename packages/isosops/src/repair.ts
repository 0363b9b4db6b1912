import { type ErrorCode, type FindingRule, SopsError } from "@isosops/core";
import { type Damage, type Repaired, repair as repairWith } from "@isosops/core/repair";
import { checkArguments, isFunction, type OptionChecks } from "./options.js";
import { type OpeningOptions, openingChecks, recovery } from "./recovery.js";
import { readSource, withSource } from "./source.js";
import { type SourceOptions, sourceChecks, sourceStore } from "./stores.js";
import { verify } from "./verify/index.js";

/** Options of `repair`. */
export type RepairOptions = SourceOptions &
  OpeningOptions & {
    /**
     * Called if there is anything to repair. Passes earlier versions of the file to `isSealed`, latest first, until it
     * returns true for one that decrypts and has a valid MAC. `accept` gets the changes since then.
     */
    findSealed?: ((isSealed: (version: string | Uint8Array) => Promise<boolean>) => Promise<void>) | undefined;
    /**
     * Called if neither the MAC nor the earlier version confirms the file. Returns whether the changes are intended.
     * Default: they are not.
     */
    accept?: ((damage: Damage) => boolean | Promise<boolean>) | undefined;
  };

const checks: OptionChecks<RepairOptions> = {
  ...sourceChecks,
  ...openingChecks,
  findSealed: isFunction,
  accept: isFunction,
};

/** See `on-demand.ts`. */
export async function repair(source: string | Uint8Array, options: RepairOptions): Promise<Repaired> {
  checkArguments(source, options, checks);
  const { filename, findSealed, accept } = options;
  const store = await sourceStore(options);
  const named = { format: store, filename };
  const opening = recovery(options);
  return withSource(source, async (read) => {
    await checkRest(read, named);
    const repaired = await repairWith(read, { store, ...opening, filename, findSealed, accept });
    if (repaired.changed) await checkRest(repaired.text, named);
    return repaired;
  });
}

/** Findings that `repair` fixes, or reports better itself. */
const repairable: ReadonlySet<FindingRule> = /* @__PURE__ */ new Set([
  "plain-value",
  "plain-text",
  "missing-mac",
  "malformed-mac",
  "syntax",
  "missing-block",
]);

const valueRules: ReadonlySet<FindingRule> = /* @__PURE__ */ new Set(["malformed-value", "unexpected-ciphertext"]);

/**
 * Checks for errors that sealing the file again would hide.
 *
 * @throws {SopsError} `malformed_value`, `metadata`.
 */
async function checkRest(source: string | Uint8Array, options: SourceOptions): Promise<void> {
  const { findings, encrypted } = await verify(readSource(source), options);
  const left = findings.find(({ rule, level }) => level === "error" && !repairable.has(rule));
  if (!encrypted || left === undefined) return;
  const code: ErrorCode = valueRules.has(left.rule) ? "malformed_value" : "metadata";
  const { path, region } = left;
  throw new SopsError(code, `This cannot be repaired: ${left.message}`, {
    ...(path === undefined ? {} : { path }),
    ...(region === undefined ? {} : { line: region.line, column: region.column }),
  });
}
