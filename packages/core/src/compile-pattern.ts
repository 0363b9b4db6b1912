/**
 * Compiles a regular expression of Go (RE2) to a function that reports whether it matches anywhere in a text, like Go's
 * `regexp.MatchString`.
 *
 * @throws {SopsError} `invalid_rule` if the pattern is not valid RE2.
 */
export async function compilePattern(source: string): Promise<(text: string) => boolean> {
  const { compileRe2 } = await import("./regex.js");
  const compiled = await compileRe2(source);
  if (typeof compiled === "function") return compiled;
  throw (await import("./on-demand.js")).invalidPattern(source, compiled.error);
}
