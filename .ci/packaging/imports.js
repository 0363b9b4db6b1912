import { build } from "esbuild";

/**
 * Lists what modules import, as esbuild reads them for a bundle: imports of types alone are gone by then.
 *
 * @param {string[]} files
 * @returns {Promise<{ file: string, specifier: string, kind: string, folder: string }[]>} `kind` is `import-statement` for
 * what is imported as the module loads; `folder` is the importing module's
 */
export async function listImports(files) {
  const found = [];
  await build({
    entryPoints: files,
    outdir: "out",
    write: false,
    bundle: true,
    format: "esm",
    platform: "neutral",
    logLevel: "error",
    plugins: [
      {
        name: "list-imports",
        setup({ onResolve }) {
          onResolve({ filter: /.*/ }, ({ kind, path, importer, resolveDir }) => {
            if (kind === "entry-point") return undefined;
            found.push({ file: importer, specifier: path, kind, folder: resolveDir });
            return { path, external: true };
          });
        },
      },
    ],
  });
  return found;
}
