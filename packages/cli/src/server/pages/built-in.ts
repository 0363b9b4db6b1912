/** The pages as the bundle of the command carries them: contents compressed with gzip, in Base64, by path. */
export type BuiltInPages = Readonly<Record<string, string>>;

/** Replaced in the bundle (`bundle.js`), where the pages are built. */
export function builtInPages(): BuiltInPages | undefined {
  return undefined;
}
