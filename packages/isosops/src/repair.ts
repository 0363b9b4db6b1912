import { type ErrorCode, type FindingRule, SopsError } from "@isosops/core";
import { type Damage, type Repaired, repair as repairWith } from "@isosops/core/repair";
import { checkArguments, repairNames } from "./options.js";
import { type OpeningOptions, recovery } from "./recovery.js";
import { readSource, withSource } from "./source.js";
import { type Format, toStore } from "./stores.js";
import { verify } from "./verify/index.js";

export interface RepairOptions extends OpeningOptions {
  /** What the source is. */
  format: Format;
  /** The file's name, for messages. */
  filename?: string | undefined;
  /**
   * Asked where the MAC does not fit: hands earlier versions of the file, the latest first, to `isSealed` until that
   * says that one opens and has a right MAC. What has changed since then is what `accept` gets.
   */
  findSealed?: ((isSealed: (version: string | Uint8Array) => Promise<boolean>) => Promise<void>) | undefined;
  /** Whether what the MAC does not vouch for is meant to be in the file. Nothing is accepted when this is left out. */
  accept?: ((damage: Damage) => boolean | Promise<boolean>) | undefined;
}

/** See `on-demand.ts`. */
export async function repair(source: string | Uint8Array, options: RepairOptions): Promise<Repaired> {
  checkArguments(source, options, repairNames);
  const { format, filename, findSealed, accept } = options;
  const store = await toStore(format);
  const opening = recovery(options);
  return withSource(source, async (read) => {
    await checkRest(read, options);
    const repaired = await repairWith(read, { store, ...opening, filename, findSealed, accept });
    if (repaired.changed) await checkRest(repaired.text, options);
    return repaired;
  });
}

/** What `repair` mends, or what it says better itself. */
const repairable: ReadonlySet<FindingRule> = /* @__PURE__ */ new Set([
  "plain-value",
  "plain-text",
  "missing-mac",
  "malformed-mac",
  "syntax",
  "missing-block",
]);

const valueRules: ReadonlySet<FindingRule> = /* @__PURE__ */ new Set(["malformed-value", "unexpected-ciphertext"]);

/** @throws {SopsError} for a file with errors that sealing it again would hide. */
async function checkRest(source: string | Uint8Array, { format, filename }: RepairOptions): Promise<void> {
  const { findings, encrypted } = await verify(readSource(source), { format, filename });
  const left = findings.find(({ rule, level }) => level === "error" && !repairable.has(rule));
  if (!encrypted || left === undefined) return;
  const code: ErrorCode = valueRules.has(left.rule) ? "malformed_value" : "metadata";
  const { path, region } = left;
  throw new SopsError(code, `Not to be repaired: ${left.message}`, {
    ...(path === undefined ? {} : { path }),
    ...(region === undefined ? {} : { line: region.line, column: region.column }),
  });
}
