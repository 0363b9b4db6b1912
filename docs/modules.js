/* A TypeDoc plugin that calls each module by the name by which it is imported: `@isosops/keys/aws`. */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Application, Converter } from "typedoc";

/** @param {Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    for (const module of context.project.children ?? []) {
      const file = context.project.files.getReflectionPath(module);
      if (file !== undefined) module.name = specifierOf(file);
    }
  });
}

/** The name in the `exports` of its package, whose built files lie as its sources do. */
function specifierOf(file) {
  const folder = /^.*\/packages\/[^/]+/.exec(file)[0];
  const { name, exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const built = `./${relative(folder, file)
    .replace(/^src\//, "dist/")
    .replace(/\.ts$/, ".js")}`;
  for (const [subpath, targets] of Object.entries(exports)) {
    const targetsOf = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(targetsOf));
    if (targetsOf(targets).includes(built)) return join(name, subpath);
  }
  throw new Error(`${name} does not export ${built}, which ${dirname(file)} has as an entry point`);
}
