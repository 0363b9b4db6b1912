import { SopsError } from "@isosops/core/errors";

/** Whose order the `.env` files of a mode have. */
export type EnvConvention = "next" | "vite";

/**
 * The `.env` files of a mode, by increasing precedence.
 *
 * `next` is the order of Next.js, and of dotenv-flow, Create React App and Bun: `.env.local` is above `.env.MODE`, and not
 * read in the mode `test`, so that tests have the same values on every machine (`loadEnvConfig` of `@next/env`). `vite`: it
 * is below, and always read (`getEnvFilesForMode` of Vite).
 *
 * @throws {SopsError} `invalid_option` for a mode that is no part of a file name, and for `local`: its file would be
 * `.env.local`
 */
export function envFilesOf(mode: string, convention: EnvConvention): string[] {
  if (mode === "local" || mode === "" || /[/\\\0]/.test(mode)) {
    throw new SopsError(
      "invalid_option",
      `The mode ${JSON.stringify(mode)} cannot be a part of a file name \`.env.MODE\`. Choose another one, such as "production"; without one, it is NODE_ENV, or else "development".`,
    );
  }
  if (convention === "vite") return [".env", ".env.local", `.env.${mode}`, `.env.${mode}.local`];
  return [".env", `.env.${mode}`, ...(mode === "test" ? [] : [".env.local"]), `.env.${mode}.local`];
}
