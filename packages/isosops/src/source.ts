import { placeOf, SopsError, toBytes } from "@isosops/core";

/**
 * Returns a source as text, or as bytes of this realm.
 *
 * @throws {SopsError} `invalid_option` if it is neither text nor bytes.
 */
export function readSource(source: unknown): string | Uint8Array {
  const read = typeof source === "string" ? source : toBytes(source);
  if (read !== undefined) return read;
  throw new SopsError(
    "invalid_option",
    "The source must be the contents of a file, as a string or a `Uint8Array`. For a result of `encrypt`, pass its `text`; for a path or a URL, read the file first.",
  );
}

/**
 * Runs a function with a source. If that fails, and the source looks like a file name, the error says so.
 *
 * @throws {SopsError} `invalid_option` if it is neither text nor bytes, `syntax` if it contains half of a surrogate
 * pair.
 */
export async function withSource<Result>(
  given: unknown,
  work: (source: string | Uint8Array) => Promise<Result>,
): Promise<Result> {
  const source = readSource(given);
  if (typeof source !== "string") return work(source);
  const half = source.search(/\p{Surrogate}/u);
  if (half !== -1) {
    const { line, column } = placeOf(source, half);
    throw new SopsError(
      "syntax",
      `The source, line ${line}, column ${column}: This is half of a surrogate pair, which no file can hold. Remove it, or pass the bytes of the file (\`Uint8Array\`).`,
      { line, column },
    );
  }
  try {
    return await work(source);
  } catch (error) {
    if (!(error instanceof SopsError) || !aboutSource.has(error.code) || !looksLikePath(source)) throw error;
    const { code, message, line, column } = error;
    throw new SopsError(
      code,
      `${message} The source looks like a file name: pass the contents of the file, not its name.`,
      { ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }), cause: error },
    );
  }
}

const aboutSource: ReadonlySet<string> = /* @__PURE__ */ new Set(["syntax", "unsupported", "not_encrypted", "empty"]);

function looksLikePath(source: string): boolean {
  if (source.length > 1024 || /[\n\r{}[\]=]/.test(source)) return false;
  return (
    /\.(?:ya?ml|json|env|ini|toml|xml|txt|bin|enc|sops)$/i.test(source) ||
    /^(?:file:|~?\/|\.{1,2}\/|[A-Z]:\\)/i.test(source)
  );
}
