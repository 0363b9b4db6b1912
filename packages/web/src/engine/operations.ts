/** What the worker does: all that reads, encrypts or decrypts a document. Arguments and results can be copied between threads. */
import { decrypt, encrypt, type Finding, type Format, verify, type Warning } from "isosops";
import { stackOperations } from "../stacks/operations.js";

type StoreName = Extract<Format, string>;

/** A document that was encrypted. */
export interface Sealed {
  readonly text: string;
  readonly encryptedValues: number;
  /** Paths that the rule encrypts beyond the selection. */
  readonly extra: readonly (readonly string[])[];
  readonly warnings: readonly Warning[];
}

async function encryptText(
  text: string,
  options: {
    readonly format: StoreName;
    readonly recipients: readonly string[];
    readonly select: readonly string[];
    readonly allowExtra?: boolean;
  },
): Promise<Sealed> {
  const { text: sealed, encryptedValues, extra, warnings } = await encrypt(text, options);
  return { text: sealed, encryptedValues, extra, warnings };
}

async function decryptText(
  text: string,
  options: { readonly format: StoreName; readonly identities: readonly string[]; readonly filename?: string },
): Promise<{ readonly text: string | undefined; readonly bytes: Uint8Array; readonly warnings: readonly Warning[] }> {
  const { text: plain, bytes, warnings } = await decrypt(text, options);
  return { text: plain, bytes, warnings };
}

async function verifyText(text: string, options: { readonly format: StoreName }): Promise<readonly Finding[]> {
  return (await verify(text, options)).findings;
}

/** The functions that the page can call. */
export const operations = { encryptText, decryptText, verifyText, ...stackOperations };
