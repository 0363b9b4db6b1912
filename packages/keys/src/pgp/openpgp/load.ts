import type { Config } from "openpgp";

/** The library, loaded when it is needed: who uses gpg alone does without. */
export type OpenPgp = typeof import("openpgp");

/** Bytes of what a message holds, however it is compressed: data keys are 32. */
const longestMessage: number = 1 << 16;

/** Loads the library, and gives it with the settings that go with every call. */
export async function loadOpenPgp(): Promise<{ openpgp: OpenPgp; config: Partial<Config> }> {
  const openpgp = await import("#openpgp");
  const config: Partial<Config> = {
    maxDecompressedMessageSize: longestMessage,
    // gpg takes keys of any curve that it knows.
    rejectCurves: new Set(),
  };
  return { openpgp, config };
}

/**
 * Whether the library failed by itself: on Node, it loads what it has no dependency on for the curves that Web Crypto has
 * not, brainpool's and secp256k1.
 */
export function isNotSupported(error: unknown): boolean {
  return error instanceof Error && /Cannot find (?:module|package)|not supported/i.test(error.message);
}
