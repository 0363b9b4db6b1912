import { expect, test } from "vitest";
import { needsRotation } from "./needs-rotation.js";

test.each<[type: string, created: string | undefined, expected: boolean]>([
  ["kms", "2026-01-01T00:00:00Z", false],
  ["kms", "2025-12-31T23:59:59Z", true],
  ["pgp", "2026-01-01T01:59:59+02:00", true],
  ["pgp", "2026-01-01T02:00:00+02:00", false],
  ["azure_kv", "2020-01-01T00:00:00Z", true],
  ["age", "2020-01-01T00:00:00Z", false],
  ["hckms", undefined, false],
  ["hc_vault", "long ago", false],
])("%s of %s: %s", (type, created, expected) => {
  const fields = new Map(created === undefined ? [] : [["created_at", created]]);
  // 180 days after the first of January.
  expect(needsRotation({ type, fields }, new Date("2026-06-30T00:00:00Z"))).toBe(expected);
});
